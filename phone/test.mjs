/** Bundles the tests and hands them to node's own runner. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = mkdtempSync(join(tmpdir(), "twolatch-phone-"));
try {
  const tests = readdirSync(new URL("tests/", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => fileURLToPath(new URL(`tests/${name}`, import.meta.url))),
    outdir: out, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20",
    sourcemap: "inline", logLevel: "warning",
    define: {
      __VERSION__: '"0.0.0"',
      __VECTORS__: JSON.stringify(fileURLToPath(new URL("../vectors/", import.meta.url))),
    },
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
