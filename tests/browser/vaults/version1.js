// The vault as version 1 of the app made it and wrote into it. Frozen: a later version is tested against this very page.
// Keys are handed over as the browser's own objects, so they are what version 1 stored: keys that cannot be read out.
async ({ records, choices }) => {
  const FIELDS = [
    "device", "host", "user", "display", "site", "stage", "scheme", "deviceKey", "maskKey", "salt", "iterations", "masked",
    "credential", "signingKey", "pinKey", "epoch", "seq", "added", "digits", "expires", "ready",
  ];
  const done = (wish) => new Promise((resolve, reject) => {
    wish.onsuccess = () => resolve(wish.result);
    wish.onerror = () => reject(wish.error);
  });
  const wish = indexedDB.open("twolatch", 1);
  wish.onupgradeneeded = () => {
    wish.result.createObjectStore("phones", { keyPath: "device" });
    wish.result.createObjectStore("choices");
  };
  const db = await done(wish);
  for (const record of records) {
    const old = Object.fromEntries(FIELDS.map((name) => [name, record[name]]));
    if (Object.values(old).includes(undefined)) throw new Error("version 1 knew more of a phone than this record holds");
    await done(db.transaction("phones", "readwrite").objectStore("phones").add(old));
  }
  for (const [name, value] of Object.entries(choices)) {
    await done(db.transaction("choices", "readwrite").objectStore("choices").put(value, name));
  }
  db.close();
}
