/** The words of notifications. They may be read on a locked screen: no names of clients, places or addresses. */

export interface Notices {
  waiting: string;
  trial: string;
  support: string;
  confirm: string;
  open: string;
  fresh: string;
  on: string;
  deny: string;
  approve: string;
  denied: string;
  deniedBody: string;
  over: string;
  overBody: string;
  failed: string;
  failedBody: string;
  test: string;
  testBody: string;
}

const NOTICES: Record<string, Notices> = {
  en: {
    waiting: "A login is waiting", trial: "A test of this phone is waiting", support: "Support has a question",
    confirm: "Something waits to be confirmed", open: "Open the app to look at it.", fresh: "New browser: {browser}",
    on: "{program} on {system}",
    deny: "Deny", approve: "Look at it",
    denied: "Login denied", deniedBody: "Nobody was let in. If you did not start it, change your password.",
    over: "A login has ended", overBody: "It was answered or it took too long. There is nothing left to do.",
    failed: "Not denied yet", failedBody: "There was no connection. Open the app to answer.",
    test: "Notifications reach this phone", testBody: "This was the test you asked for.",
  },
  nl: {
    waiting: "Er wacht een aanmelding", trial: "Er wacht een test van deze telefoon", support: "De servicedesk heeft een vraag",
    confirm: "Er wacht iets op uw bevestiging", open: "Open de app om ernaar te kijken.", fresh: "Nieuwe browser: {browser}",
    on: "{program} op {system}",
    deny: "Weigeren", approve: "Bekijken",
    denied: "Aanmelding geweigerd", deniedBody: "Niemand is binnengelaten. Bent u er niet mee begonnen? Wijzig dan uw wachtwoord.",
    over: "Een aanmelding is voorbij", overBody: "Ze is beantwoord of het duurde te lang. U hoeft niets meer te doen.",
    failed: "Nog niet geweigerd", failedBody: "Er was geen verbinding. Open de app om te antwoorden.",
    test: "Meldingen bereiken deze telefoon", testBody: "Dit was de test waar u om vroeg.",
  },
};

export function notices(language: string): Notices {
  return NOTICES[language.slice(0, 2).toLowerCase()] ?? NOTICES["en"]!;
}
