/** Reads QR codes out of camera frames, off the page's thread. The only script that may compile WebAssembly. */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";

const scope = self as unknown as DedicatedWorkerGlobalScope;

const OPTIONS: ReaderOptions = {
  formats: ["QRCode"],
  tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, tryDenoise: true,
  maxNumberOfSymbols: 1,
};

// The library's own default is an address on a public network of copies.
prepareZXingModule({ overrides: { locateFile: () => __WASM__ } });

scope.onmessage = async (event: MessageEvent<ImageData>) => {
  try {
    const [found] = await readBarcodes(event.data, OPTIONS);
    scope.postMessage({ text: found?.isValid ? found.text : "" });
  } catch (error) {
    scope.postMessage({ text: "", broken: String(error) });
  }
};
