/** Where a link was opened, told from what browsers say of themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shops, where } from "../src/pairing/where";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";

const AGENTS: [string, string, number, string][] = [
  ["Safari on an iPhone", `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`, 5, "ios"],
  ["another browser on an iPhone", `${IPHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`, 5, "ios"],
  ["an app's own view on an iPhone", `${IPHONE} Mobile/15E148`, 5, "inside"],
  ["a chat's view on an iPhone", `${IPHONE} Mobile/15E148 MicroMessenger/8.0`, 5, "inside"],
  ["an iPad, which says that it is a Mac", `${MAC} Version/18.5 Safari/605.1.15`, 5, "ios"],
  ["a Mac", `${MAC} Version/18.5 Safari/605.1.15`, 0, "desktop"],
  ["Chrome on Android", `${ANDROID} Chrome/140.0 Mobile Safari/537.36`, 5, "android"],
  ["a web view on Android", `${ANDROID.replace("Pixel 8)", "Pixel 8; wv)")} Version/4.0 Chrome/140.0 Mobile Safari/537.36`, 5, "inside"],
  ["Firefox on Android", "Mozilla/5.0 (Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", 5, "android"],
  ["Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", 0, "desktop"],
];

for (const [name, agent, touches, expected] of AGENTS) {
  test(`${name} is ${expected}`, () => assert.equal(where(false, agent, touches), expected));
}

test("the app on the home screen is installed, whatever its name for itself", () => {
  assert.equal(where(true, `${IPHONE} Mobile/15E148`, 5), "installed");
});

test("only shops of this phone are offered, only by https, and the phone's own shop first", () => {
  const stores = { "360": "https://a.example", google: "https://b.example", apple: "https://c.example", baidu: "javascript:0" };
  assert.deepEqual(shops(stores, "android"), [["google", "https://b.example"], ["360", "https://a.example"]]);
  assert.deepEqual(shops(stores, "ios"), [["apple", "https://c.example"]]);
  assert.deepEqual(shops(stores, "desktop"), []);
  assert.deepEqual(shops({}, "android"), []);
});
