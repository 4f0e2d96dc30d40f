/** What the server calls a browser, "Firefox on Linux", in a sentence of ours: `{program} op {system}`. */
export function browserIn(sentence: string, name: string): string {
  const [, program, system] = /^(.+) on (.+)$/.exec(name) ?? [];
  return program && system ? sentence.replace("{program}", program).replace("{system}", system) : name;
}
