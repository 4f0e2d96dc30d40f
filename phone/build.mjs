/**
 * Builds the app into src/twolatch/faces/phone_app/built/. Everything under assets/ carries its hash in its name and may be
 * kept for ever; files.json tells the server what each file is.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { png, svg } from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/twolatch/faces/phone_app/built");
const fresh = `${out}.fresh`;
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

const TYPES = {
  html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8",
  wasm: "application/wasm", png: "image/png", svg: "image/svg+xml", webmanifest: "application/manifest+json",
};

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const files = {};

function write(path, data) {
  mkdirSync(dirname(join(fresh, path)), { recursive: true });
  writeFileSync(join(fresh, path), data);
  const octets = Buffer.from(data);
  files[path] = {
    type: TYPES[path.split(".").pop()], sha256: sha256(octets), size: octets.length, immutable: path.startsWith("assets/"),
  };
}

/** Writes a file under a name with its hash; returns the address the page uses. */
function asset(name, data) {
  const [, stem, ending] = /^(.*)\.([a-z]+)$/.exec(name);
  const path = `assets/${stem}-${sha256(data).slice(0, 12)}.${ending}`;
  write(path, data);
  return `/${path}`;
}

async function bundle(entry, define, format = "iife", target = ["es2022", "safari16.4"]) {
  const { outputFiles } = await build({
    entryPoints: [join(here, "src", entry)], bundle: true, minify: true, write: false, format, target,
    outdir: fresh, legalComments: "none", logLevel: "warning", conditions: ["production"],
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  const part = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.contents;
  return { js: part(".js"), css: part(".css") };
}

function manifest(icons) {
  return JSON.stringify({
    id: "/", name: "Twolatch", short_name: "Twolatch", description: "Approve your logins on this phone.",
    start_url: "/", scope: "/", display: "standalone", orientation: "any", background_color: "#f3f5fa", theme_color: "#f3f5fa",
    // A code scanned by the phone's camera opens here, in the window that is open already where there is one.
    launch_handler: { client_mode: ["navigate-existing", "auto"] }, handle_links: "preferred",
    capture_links: "existing-client-navigate", prefer_related_applications: false,
    categories: ["security", "utilities"], icons,
  }, null, 1);
}

function makeIcons() {
  const rounded = { corner: 15, shrink: 1 };
  const full = { corner: 0, shrink: 0.8 };
  const drawn = (name, size, shape) => asset(name, png(size, shape));
  const small = drawn("icon-192.png", 192, rounded);
  return {
    small,
    apple: drawn("icon-180.png", 180, { corner: 0, shrink: 0.9 }),
    svg: asset("icon.svg", svg),
    list: [
      { src: small, sizes: "192x192", type: "image/png", purpose: "any" },
      { src: drawn("icon-512.png", 512, rounded), sizes: "512x512", type: "image/png", purpose: "any" },
      { src: drawn("maskable-192.png", 192, full), sizes: "192x192", type: "image/png", purpose: "maskable" },
      { src: drawn("maskable-512.png", 512, full), sizes: "512x512", type: "image/png", purpose: "maskable" },
    ],
  };
}

function page(app, old, styles, icons) {
  return readFileSync(join(here, "src/index.html"), "utf8")
    .replace("%APP%", app).replace("%OLD%", old).replace("%STYLES%", styles).replace("%ICON%", icons.svg).replace("%APPLE%", icons.apple);
}

rmSync(fresh, { recursive: true, force: true });
const icons = makeIcons();
const wasm = asset("zxing_reader.wasm", readFileSync(join(here, "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm")));
const scanner = asset("scanner-worker.js", (await bundle("scanner/worker.ts", { __WASM__: wasm })).js);
const main = await bundle("main.ts", { __VERSION__: version, __SCANNER__: scanner });
const [app, styles] = [asset("app.js", main.js), asset("app.css", main.css)];
// Not in the app's own words: an old browser must understand it.
const old = asset("too-old.js", (await bundle("too-old.ts", {}, "iife", ["es5"])).js);
write("index.html", page(app, old, styles, icons));
write("manifest.webmanifest", manifest(icons.list));
const shell = ["/", app, old, styles, scanner, wasm, icons.svg, icons.small, "/manifest.webmanifest"];
const cache = `shell-${sha256(JSON.stringify(files)).slice(0, 12)}`;
write("sw.js", (await bundle("sw.ts", { __SHELL__: shell, __CACHE__: cache, __ICON__: icons.small })).js);
writeFileSync(join(fresh, "files.json"), `${JSON.stringify(files, null, 1)}\n`);

// The old folder stays until the new one is whole.
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
for (const path of readdirSync(join(out, "assets"))) console.log(`${files[`assets/${path}`].size}`.padStart(8), path);
