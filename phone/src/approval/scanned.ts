/** A login whose code was scanned: what it asks, and the word that stands in for the portal's digits. */
import type { App } from "../app";
import { openChallenge, type Opened } from "../protocol/challenge";
import { readScan, type Scan } from "../protocol/scan";
import type { PhoneRecord } from "../vault/vault";
import { Refusal, localRefusal } from "../wire/refusal";

/** Opened by the code of a login: it leaves the address bar at once, and nothing keeps it, for it is soon worth nothing. */
export function takeScan(): Scan | "elsewhere" | "broken" | null {
  const { pathname, hash, host, origin } = location;
  if (pathname !== "/l") return null;
  history.replaceState(history.state, "", "/");
  return readScan(`${origin}/l${hash}`, host) ?? "broken";
}

export class Scans {
  private readonly words = new Map<string, string>();

  constructor(private readonly app: App) {}

  /** What the answer to this challenge carries in place of typed digits; empty when it was not scanned. */
  wordFor(challenge: string): string {
    return this.words.get(challenge) ?? "";
  }

  /** A text the scanner read; false when it is no code of a login. */
  found(text: string): boolean {
    const scan = readScan(text, this.app.api.host);
    if (scan) void this.take(scan);
    return Boolean(scan);
  }

  /** From the code to the request, for whichever user of this phone it waits. */
  async take(scan: Scan | "elsewhere" | "broken"): Promise<void> {
    const { app } = this;
    if (typeof scan === "string") return app.refuse(localRefusal(`scan.${scan}`), null);
    if (!app.active.length) return app.refuse(localRefusal("scan.nobody"), null);
    app.go({ screen: "scanned" }, true);
    const told = await Promise.all(app.active.map((record) => this.ask(record, scan)));
    const mine = told.find((each) => !(each instanceof Refusal)) as { opened: Opened; record: PhoneRecord } | undefined;
    if (app.place?.screen !== "scanned") return; // she went elsewhere meanwhile
    if (mine) return app.open(app.insert({ ...mine.opened, record: mine.record }));
    const refusals = told as Refusal[];
    const why = refusals.find((refusal) => refusal.code !== "challenge.unknown") ?? localRefusal("scan.foreign");
    app.refuse(why, () => app.go({ screen: "scan", login: true }, true));
  }

  private async ask(record: PhoneRecord, scan: Scan): Promise<Refusal | { opened: Opened; record: PhoneRecord }> {
    try {
      const told = await this.app.api.scan(record, scan);
      const opened = await openChallenge(told, record.signingKey, record.host, record.user);
      if (opened.challenge.challenge !== scan.challenge) return localRefusal("wire.foreign");
      this.words.set(scan.challenge, told.confirmation);
      return { opened, record };
    } catch (error) {
      return error instanceof Refusal ? error : localRefusal("wire.foreign");
    }
  }
}
