// Moves on by itself. Every event of the stream carries the state as the server reads it at that moment; the first comes
// with every (re)connect. While there is no stream the state address is asked every two seconds: a lost event costs a
// poll, never a login.
const POLL_MS = 2000;

interface State {
  state: string;
  act: "wait" | "collect" | "look";
}

/** What a state means for a page that was written for the `known` ones. */
export function nextStep(answer: State, known: readonly string[]): State["act"] {
  if (answer.act === "collect") return "collect";
  return answer.act === "wait" && known.includes(answer.state) ? "wait" : "look";
}

export function waitFor(element: HTMLElement): void {
  const { wait, stateAddress, state = "", stay = state, collect, collectNow, go } = element.dataset;
  if (collectNow) submit(collectNow);
  if (!wait || !stateAddress) return;
  let isDone = false;
  let poll: ReturnType<typeof setInterval> | undefined;

  const look = async (): Promise<void> => {
    if (!isDone) follow(await ask(stateAddress, [state, stay]));
  };
  const follow = (step: State["act"]): void => {
    if (isDone || step === "wait") return;
    isDone = true;
    stop();
    if (step === "collect" && collect) submit(collect);
    else if (go) location.assign(go);
    else location.reload();
  };
  const stop = (): void => {
    stream.close();
    clearInterval(poll);
  };
  const stream = new EventSource(wait);
  stream.addEventListener("look", (event) => follow(nextStep(JSON.parse(event.data as string) as State, [state, stay])));
  stream.addEventListener("open", () => {
    clearInterval(poll);
    poll = undefined;
  });
  stream.addEventListener("error", () => (poll ??= setInterval(() => void look(), POLL_MS)));
  element.addEventListener("look", () => void look());
  // A form is on its way: its answer says what comes next, and going elsewhere now would lose it (with a new session's cookie).
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    isDone = true;
    stop();
  });
  // A phone puts a page to sleep while its other app approves; back in front, the page looks at once.
  document.addEventListener("visibilitychange", () => document.hidden || void look());
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

async function ask(address: string, known: readonly string[]): Promise<State["act"]> {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store" });
    if (answer.status === 429 || answer.status === 503) return "wait";
    return answer.ok ? nextStep((await answer.json()) as State, known) : "look";
  } catch {
    return "wait"; // no network: the next look tells
  }
}

function submit(id: string): void {
  const form = document.getElementById(id);
  if (form instanceof HTMLFormElement) form.submit();
}
