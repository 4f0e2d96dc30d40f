"""Cameras: one drawn by the page itself (works in every engine), and one that Chromium takes for a real device."""

import io
from base64 import b64encode
from pathlib import Path

from PIL import Image

FRAME = (640, 480)
# A device with two lenses. What it sees is `window.picture`, a data address; `window.failing` is the name of the error
# it answers with; `window.cameras` are ids where the lenses have no sides; `window.lit` whether it has a light.
# What was done with it stands in `window.lenses`, `window.light` and `window.streams`.
DRAWN = """
if (window.MediaDevices) MediaDevices.prototype.enumerateDevices = async () =>
  (window.cameras ?? ["", ""]).map((deviceId, at) => ({ kind: "videoinput", deviceId, label: at ? "front" : "rear" }));
if (window.MediaDevices) MediaDevices.prototype.getUserMedia = async ({ video }) => {
  (window.lenses ??= []).push(video.facingMode?.ideal ?? video.deviceId.exact);
  if (window.failing) throw new DOMException("played", window.failing);
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const brush = canvas.getContext("2d");
  const seen = new Image();
  const timer = setInterval(() => {
    brush.fillStyle = window.dark ? "#050505" : "#8a8f98";
    brush.fillRect(0, 0, 640, 480);
    if (window.picture) seen.src = window.picture;
    if (seen.complete && seen.naturalWidth) brush.drawImage(seen, 120, 40, 400, 400);
  }, 50);
  const stream = canvas.captureStream(15);
  (window.streams ??= []).push(stream);
  const [track] = stream.getVideoTracks();
  const stop = track.stop.bind(track);
  track.stop = () => (clearInterval(timer), stop());
  if (window.cameras) track.getSettings = () => ({ deviceId: video.deviceId?.exact ?? window.cameras[0] });
  if (window.lit) track.getCapabilities = () => ({ torch: true });
  track.applyConstraints = async (wish) => { (window.light ??= []).push(wish.advanced[0].torch); };
  return stream;
};
"""
OPEN_CAMERAS = (
    "(window.streams ?? []).flatMap((each) => each.getTracks()).filter((each) => each.readyState === 'live').length"
)


def as_address(png: bytes) -> str:
    return "data:image/png;base64," + b64encode(png).decode()


def scene(png: bytes) -> Image.Image:
    """The picture held before a grey wall, a little turned, as a hand holds it."""
    grey = (128, 132, 140)
    wall = Image.new("RGB", FRAME, grey)
    held = Image.open(io.BytesIO(png)).convert("RGB").resize((380, 380)).rotate(4, expand=True, fillcolor=grey)
    wall.paste(held, ((FRAME[0] - held.width) // 2, (FRAME[1] - held.height) // 2))
    return wall


def write_video(path: Path, seen: Image.Image, frames: int = 5) -> None:
    """A y4m file: planes of brightness and of the two colours at half size (BT.601)."""
    bright, blue, red = seen.convert("YCbCr").split()
    half = (seen.width // 2, seen.height // 2)
    planes = bright.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
    head = f"YUV4MPEG2 W{seen.width} H{seen.height} F15:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + (b"FRAME\n" + planes) * frames)
