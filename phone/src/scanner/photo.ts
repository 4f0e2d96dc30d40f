/** A picture from the gallery, read by the same decoder as the camera's frames. */
import { scriptUrl } from "../trusted";

// The largest first: a code may be a small part of the picture. A smaller copy reads what is too coarse in the large one.
const SIDES = [1800, 900];

/** The code's text, "" where there is none. Throws where the file is no picture or pictures cannot be read here. */
export async function readPhoto(file: Blob): Promise<string> {
  const picture = await createImageBitmap(file);
  const worker = new Worker(scriptUrl(__SCANNER__));
  try {
    for (const side of SIDES) {
      const text = await ask(worker, drawn(picture, side));
      if (text) return text;
    }
    return "";
  } finally {
    worker.terminate();
    picture.close();
  }
}

function drawn(picture: ImageBitmap, side: number): ImageData {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const brush = canvas.getContext("2d", { willReadFrequently: true })!;
  brush.fillStyle = "#fff";  // a code on a see-through ground is read as one on paper
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return brush.getImageData(0, 0, canvas.width, canvas.height);
}

function ask(worker: Worker, frame: ImageData): Promise<string> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ text: string; broken?: string }>) => {
      if (data.broken) reject(new Error(data.broken));
      else resolve(data.text);
    };
    worker.onerror = () => reject(new Error("the scanner did not start"));
    worker.postMessage(frame, [frame.data.buffer]);
  });
}
