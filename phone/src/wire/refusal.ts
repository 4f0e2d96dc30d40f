/** What went wrong, as a value the screens can explain: the server's refusals, and those of the road to it. */

export interface Problem {
  code: string;
  title: string;
  detail: string;
  next: string;
  retryAfter: number | null;
  triesLeft: number | null;
}

/** The server said no (RFC 9457), or could not be asked (`wire.offline`, `wire.strange`). */
export class Refusal extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(problem.code);
  }

  get code(): string {
    return this.problem.code;
  }
}

export function localRefusal(code: string): Refusal {
  return new Refusal(0, { code, title: "", detail: "", next: "", retryAfter: null, triesLeft: null });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.ceil(value) : null;
}

/** Any answer that is no success. A gateway's page instead of problem+json reads as "busy" or "strange". */
export async function readRefusal(response: Response): Promise<Refusal> {
  const header = Number(response.headers.get("Retry-After") ?? NaN);
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // Not ours: a proxy's error page.
  }
  const busy = response.status === 429 || response.status >= 500;
  return new Refusal(response.status, {
    code: text(body["code"]) || (busy ? "wire.busy" : "wire.strange"),
    title: text(body["title"]),
    detail: text(body["detail"]),
    next: text(body["next"]),
    retryAfter: count(body["retry_after"]) ?? count(header),
    triesLeft: count(body["tries_left"]),
  });
}
