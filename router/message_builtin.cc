// The texts that every organization has without writing any. Values that may be absent have a line of their own.
#include "router/message_template.h"

namespace guichet::router {

const std::vector<MessageTemplate>& BuiltInTemplates() {
  using enum MessageKind;
  static const auto* const kTemplates = new std::vector<MessageTemplate>{
      {kEmailInvitation, "en", "Invitation to a remote support session",
       R"(Hello {{customer}},

you are invited to a remote support session.

Technician: {{technician}}
Organization: {{organization}}
Link: {{link}}
Code: {{code}}
Valid until: {{expires}}

If you did not ask for support, please ignore this message and do not give the code to anybody.
)"},
      {kEmailInvitation, "de", "Einladung zu einer Fernwartung",
       R"(Guten Tag {{customer}},

Sie sind zu einer Fernwartung eingeladen.

Techniker: {{technician}}
Organisation: {{organization}}
Link: {{link}}
Code: {{code}}
Gültig bis: {{expires}}

Wenn Sie keine Hilfe angefordert haben, ignorieren Sie bitte diese Nachricht und geben Sie den Code niemandem weiter.
)"},
      {kEmailInvitation, "fr", "Invitation à une séance d'assistance à distance",
       R"(Bonjour {{customer}},

vous êtes invité(e) à une séance d'assistance à distance.

Technicien : {{technician}}
Organisation : {{organization}}
Lien : {{link}}
Code : {{code}}
Valable jusqu'au : {{expires}}

Si vous n'avez pas demandé d'assistance, ignorez ce message et ne communiquez le code à personne.
)"},
      {kEmailInvitation, "es", "Invitación a una sesión de asistencia remota",
       R"(Hola, {{customer}}:

Le invitamos a una sesión de asistencia remota.

Técnico: {{technician}}
Organización: {{organization}}
Enlace: {{link}}
Código: {{code}}
Válido hasta: {{expires}}

Si no ha solicitado asistencia, ignore este mensaje y no comunique el código a nadie.
)"},
      {kSmsInvitation, "en", "", "{{organization}}\nRemote support code: {{code}}\n{{link}}\nValid until {{expires}}"},
      {kSmsInvitation, "de", "", "{{organization}}\nCode für Fernwartung: {{code}}\n{{link}}\nGültig bis {{expires}}"},
      {kSmsInvitation, "fr", "", "{{organization}}\nCode d'assistance : {{code}}\n{{link}}\nExpire : {{expires}}"},
      // Without "código" and "válido": the GSM alphabet has neither ó nor á.
      {kSmsInvitation, "es", "", "{{organization}}\nClave de asistencia: {{code}}\n{{link}}\nCaduca: {{expires}}"},
      {kExternalInvitation, "en", "Invitation to assist in a remote support session",
       R"(Hello,

you are invited to assist as a technician in a remote support session.

Invited by: {{technician}}
Organization: {{organization}}
Customer: {{customer}}
Link: {{link}}
Code: {{code}}
Valid until: {{expires}}

Whoever has the link or the code can join in your place: please do not pass it on.
)"},
      {kExternalInvitation, "de", "Einladung zur Mitarbeit an einer Fernwartung",
       R"(Guten Tag,

Sie sind eingeladen, als Techniker an einer Fernwartung mitzuwirken.

Eingeladen von: {{technician}}
Organisation: {{organization}}
Kunde: {{customer}}
Link: {{link}}
Code: {{code}}
Gültig bis: {{expires}}

Wer den Link oder den Code hat, kann an Ihrer Stelle teilnehmen: Bitte geben Sie ihn nicht weiter.
)"},
      {kExternalInvitation, "fr", "Invitation à participer à une séance d'assistance à distance",
       R"(Bonjour,

vous êtes invité(e) à participer, en tant que technicien, à une séance d'assistance à distance.

De la part de : {{technician}}
Organisation : {{organization}}
Client : {{customer}}
Lien : {{link}}
Code : {{code}}
Valable jusqu'au : {{expires}}

Quiconque possède le lien ou le code peut se joindre à votre place : ne le transmettez à personne.
)"},
      {kExternalInvitation, "es", "Invitación a colaborar en una sesión de asistencia remota",
       R"(Hola:

Le invitamos a colaborar como técnico en una sesión de asistencia remota.

De parte de: {{technician}}
Organización: {{organization}}
Cliente: {{customer}}
Enlace: {{link}}
Código: {{code}}
Válido hasta: {{expires}}

Quien tenga el enlace o el código puede entrar en su lugar: no lo comparta con nadie.
)"},
  };
  return *kTemplates;
}

}  // namespace guichet::router
