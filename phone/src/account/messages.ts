/** Shapes of the app's own sign-in and home, as docs/protocol.md writes them (sections 4 and 5). */

export interface AppSession {
  token: string;
  ends: number;
}

export interface OwnAuthenticator {
  device: string;
  kind: string;
  name: string;
  state: "active" | "locked" | "suspended";
  added: number;
  used: number;
  this: boolean;
}

export interface OwnSession {
  session: string;
  place: "app" | "browser";
  agent: string;
  address: string;
  proved: string;
  since: number;
  seen: number;
  this: boolean;
}

export interface Overview {
  user: string;
  display: string;
  must_change: boolean;
  authenticators: OwnAuthenticator[];
  sessions: OwnSession[];
}

export interface DiaryEntry {
  number: number;
  at: number;
  event: string;
  text: string;
  phone: string;
  agent: string;
  address: string;
}

export interface Diary {
  entries: DiaryEntry[];
  more: boolean;
}
