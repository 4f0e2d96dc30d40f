/** De servicedesk vraagt of u het bent die met hen spreekt, in het Nederlands. */
import type { supportEn } from "./support.en";

export const supportNl: Record<keyof typeof supportEn, string> = {
  "support.title": "Spreekt u met de servicedesk?",
  "support.body": "Onze servicedesk zegt dat u hen hebt gebeld. Vergelijk de naam en de code met wat de medewerker zegt.",
  "support.body.called_back": "Onze servicedesk zegt dat zij u terugbellen. Vergelijk de naam en de code met wat de medewerker zegt.",
  "support.agent": "Medewerker",
  "support.code": "Code",
  "support.warn": "Heeft iemand ú gebeld? Dan is het niet de servicedesk: weiger en hang op. Niemand van de servicedesk vraagt ooit naar uw pincode.",
  "support.warn.called_back": "Hebt u niet om dit gesprek gevraagd? Weiger dan en hang op. Niemand van de servicedesk vraagt ooit naar uw pincode.",
  "support.digits": "Zes cijfers van de medewerker",
  "support.digits.hint": "Typ het getal dat de medewerker u voorleest. Lees zelf niets voor.",
  "support.digits.missing": "Typ de zes cijfers die de medewerker u voorleest.",
  "outcome.support.title": "De servicedesk weet dat u het bent",
  "outcome.support.body": "U kunt verder praten. Vertel niemand uw pincode of wachtwoord.",
  "outcome.support_over.title": "De servicedesk heeft niets te zien gekregen",
  "outcome.support_over.body": "Heeft iemand u gebeld die zei van de servicedesk te zijn? Hang op en bel het nummer dat u kent.",
};
