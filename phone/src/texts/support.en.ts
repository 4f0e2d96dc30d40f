/** Support asks whether it is you who is speaking with them, in English. */
export const supportEn = {
  "support.title": "Are you speaking with support?",
  "support.body": "Our support desk says that you have phoned them. Compare the name and the code with what the agent says.",
  "support.body.called_back": "Our support desk says that they are calling you back. Compare the name and the code with what the agent says.",
  "support.agent": "Agent",
  "support.code": "Code",
  "support.warn": "Did somebody phone you instead? Then it is not support: deny, and hang up. Nobody of support ever asks for your PIN.",
  "support.warn.called_back": "Did you not ask for this call? Then deny, and hang up. Nobody of support ever asks for your PIN.",
  "support.digits": "Six digits from the agent",
  "support.digits.hint": "Type the number that the agent reads to you. Read nothing back.",
  "support.digits.missing": "Please type the six digits that the agent reads to you.",
  "outcome.support.title": "Support knows that it is you",
  "outcome.support.body": "Go on speaking. Never tell anybody your PIN or your password.",
  "outcome.support_over.title": "Nothing was shown to support",
  "outcome.support_over.body": "If somebody phoned you and said to be support, hang up and phone the number you know.",
} as const;
