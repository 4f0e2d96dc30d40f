/** The camera: rear lens first, frames to the worker one at a time, everything stopped again at the end. */
import { scriptUrl } from "../trusted";

export type Lens = "environment" | "user";
export type CameraTrouble = "refused" | "missing" | "busy" | "unsupported";

export class NoCamera extends Error {
  constructor(readonly trouble: CameraTrouble) {
    super(trouble);
  }
}

function trouble(error: unknown): CameraTrouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

/** A lens by its side of the phone, or one of several cameras by its id. */
export type Wish = { lens: Lens } | { device: string };

/** Asks for the permission when it is not given yet. Throws NoCamera. */
export async function openCamera(wish: Wish): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera("unsupported");
  const which = "lens" in wish ? { facingMode: { ideal: wish.lens } } : { deviceId: { exact: wish.device } };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false, video: { ...which, width: { ideal: 1280 }, height: { ideal: 1280 } },
    });
  } catch (error) {
    throw new NoCamera(trouble(error));
  }
}

/** The cameras of this device. Their ids are told only after the permission was given. */
export async function cameras(): Promise<string[]> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter((device) => device.kind === "videoinput").map((device) => device.deviceId ?? "");
}

export function cameraOf(stream: MediaStream): string {
  return stream.getVideoTracks()[0]?.getSettings?.().deviceId ?? "";
}

/** The lens at the other side. Where a device's cameras have no sides (a computer's), the next one in its list. */
export async function openOther(lens: Lens, before: string): Promise<MediaStream> {
  const stream = await openCamera({ lens });
  const every = await cameras();
  if (!before || cameraOf(stream) !== before || every.length < 2) return stream;
  release(stream);
  return openCamera({ device: every[(every.indexOf(before) + 1) % every.length]! });
}

export function release(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

/** TypeScript's own list does not know the light. */
type Lit = MediaTrackCapabilities & { torch?: boolean };

export function hasLight(stream: MediaStream): boolean {
  return Boolean((stream.getVideoTracks()[0]?.getCapabilities?.() as Lit | undefined)?.torch);
}

/** False when the phone did not do it after all. The light goes out by itself when the camera is released. */
export async function switchLight(stream: MediaStream, on: boolean): Promise<boolean> {
  const wish = { advanced: [{ torch: on } as MediaTrackConstraintSet] };
  return stream.getVideoTracks()[0]!.applyConstraints(wish).then(() => true, () => false);
}

const PAUSE = 60;
const LONG_SIDE = 960;
const DARK = 45;

/** Reads frames of one video until it is stopped. `found` is called with each code that was read. */
export class Reader {
  private readonly worker = new Worker(scriptUrl(__SCANNER__));
  private readonly canvas = document.createElement("canvas");
  private readonly brush = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private timer = 0;
  private frames = 0;
  /** True while the picture is too dark to read. */
  dark = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly found: (text: string) => void,
    private readonly broken: () => void,
  ) {
    this.worker.onmessage = (event: MessageEvent<{ text: string; broken?: string }>) => {
      if (event.data.broken) return this.broken();
      if (event.data.text) this.found(event.data.text);
      this.timer = window.setTimeout(() => this.next(), PAUSE);
    };
    this.worker.onerror = () => this.broken();
    this.next();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.worker.terminate();
  }

  private next(): void {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || !height || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.timer = window.setTimeout(() => this.next(), PAUSE);
      return;
    }
    const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.brush.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const frame = this.brush.getImageData(0, 0, this.canvas.width, this.canvas.height);
    if (this.frames++ % 10 === 0) this.dark = brightness(frame.data) < DARK;
    this.worker.postMessage(frame, [frame.data.buffer]);
  }
}

/** Mean of the green channel, 0 to 255, over every 97th pixel. */
function brightness(data: Uint8ClampedArray): number {
  let [sum, count] = [0, 0];
  for (let at = 1; at < data.length; at += 4 * 97) {
    sum += data[at]!;
    count += 1;
  }
  return count ? sum / count : 0;
}
