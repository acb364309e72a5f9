"""The phrases by which servers say in words that a mail came back or is late, in many languages.

Texts are compared in small letters without accents, so phrases may have them or not.
"""

from __future__ import annotations

import re
import unicodedata


def simplified(text: str) -> str:
    """Returns a text in one line of small letters without accents."""
    letters = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).casefold().split())


def _any_of(*phrases: str) -> re.Pattern[str]:
    """Returns a pattern for simplified text. Phrases may use regular expressions, but no capital escapes."""
    return re.compile("|".join(map(simplified, phrases)))


DELAYED = _any_of(
    *(r"\bdelay(ed)?\b", r"\bdeferred\b", r"\bwarning: (message|could not)", r"(keep|still|being) (re)?tr(y|ied|ying)"),
    *(r"not yet been delivered", r"not been delivered yet", "delivery incomplete", "temporary problem"),
    *("verzögert", "verspätet", r"noch nicht zugestellt", "différée?", "retardée?", "retrasad[oa]", "demorad[oa]"),
    *("atrasad[oa]", "adiad[oa]", r"in ritardo\b", "ritardat[oa]", "vertraagd", "försenad", "forsinket", "viivästy"),
    *("opóźnion", "zpožděn", "odložen", "késik", "késve", "întârziat", "задерж", "отложен", "затрим", "καθυστέρη"),
    *("gecikti", "ertelendi", "延迟", "延遲", "延误", "遅延", "遅れて", "지연", "تأخ", "עיכוב"),
)
"""Something is late. A text that was given up says that too, of the time before."""
GOES_ON = _any_of(
    *(
        r"\bwill (be )?(retr|try again|keep|continue)",
        r"attempts will continue",
        r"will continue to (try|retry|attempt)",
    ),
    *(r"(keep|still) trying", r"(only a|a|this is a) warning (only|message)|warning only", r"no action is required"),
    *(r"(do not|don't|no) need to resend", r"wird weiter(hin)? versucht", "erneut versucht", "weitere zustellversuche"),
    *("nouvelles? tentatives? ser", "seguir[aá] intentando", "se seguirá", "continuará tentando", "verrà ritentat"),
    *("opnieuw (worden )?geprobeerd", "再試行", "将继续尝试", "將繼續嘗試", "будут повтор"),
)
"""The server has not given up."""
FAILED = _any_of(
    *(r"\b(un|non|not )-?deliver(ed|able)\b", r"returned (mail|to sender)", r"return(ed|ing) (message|mail|your)"),
    *(r"deliver(y|ing) (has |status )?(failed|failure|problem|error)", r"delivery status notification \(failure"),
    *(r"failure (notice|delivery)", r"(mail|message|delivery|e-?mail) (delivery )?(failed|failure|error)", "bounced?"),
    *(
        r"(could|can) ?(not|n't) be (delivered|sent)",
        r"cannot (be )?deliver",
        r"(was|is|has) (not|n't) (been )?delivered",
    ),
    *(r"(unable|not able|wasn't able|failed) to (deliver|send)", r"cannot send message", "did not reach"),
    *(r"(was|has been|were|been) (automatically )?(rejected|blocked|refused)", r"permanent(ly)? (fatal )?(error|fail)"),
    *(r"message (you sent )?(rejected|blocked|refused)", r"\brejected:", r"automatically rejected mail"),
    *(r"user unknown", r"unknown user", r"no such (user|mailbox)", r"does ?n[o']t exist", r"giving up", r"given up"),
    *(
        r"unzustellbar",
        r"(konnte|kann) .{0,80}nicht .{0,40}zugestellt",
        "nicht zustellbar",
        "zustellung fehlgeschlagen",
    ),
    *("fehler bei der (nachrichten)?(zustellung|übermittlung)", "zustellfehler", "annahme verweigert"),
    *("non remise?s?\\b", "non distribu", "échec (de|lors)", "n'a (pas )?pu être (remis|distribu|livr|envoy)"),
    *("no (se )?(puede|pudo|ha podido) (ser )?entrega", "no entregad[oa]", "error (de|en la) entrega", "fallo (de|en)"),
    *("no se (puede|pudo|ha podido) entregar", "devuelto al remitente", "correo devuelto"),
    *("não (foi )?(é )?(possível )?entreg", "não pôde ser entreg", "falha na entrega", "devolvid[oa]"),
    *("(impossibile|mancat[ao]) (consegna|recapit)", "impossibile recapitare", "non (è stato )?(re)?capita(to|bile)"),
    *("non recapitabile", "non consegnat[oa]"),
    *("(onbestelbaar|niet-? ?bestelbaar)", "niet (worden )?(bezorgd|afgeleverd|besteld)", "kan niet worden bezorgd"),
    *("olevererbart?", "(kunde|kan|gick) inte (att )?(leverer|levererat)", "ikke lever", "ikke leveres"),
    *("toimit(us|taminen) .{0,20}(epäonnist|onnistunut)", "ei voi(tu)? toimittaa"),
    *("niedostarczon", "niedoręcz", "nie (można|udało się) dostarczyć", "nedoručiteln", "nelze doručit", "nedoručen"),
    *("kézbesíthetetlen", "nem (lehet |sikerült )?kézbesít", "nelivrabil", "nu (a |poate )(putut )?fi livrat"),
    *("недоставлен", "не доставлен", "не уда(ется|лось) доставить", "не вдалося доставити", "невозможно доставить"),
    *("δεν ήταν δυνατή η παράδοση", "μη παραδοτέο", "teslim edilemedi", "iletilemedi", "gönderilemedi"),
    *(
        "配信不能",
        "配信でき",
        "配送でき",
        "送信でき",
        "届けられ",
        "エラーメール",
        "不達",
        "未送达",
        "无法送达",
        "无法投递",
    ),
    *(
        "投递失败",
        "退信",
        "被退回",
        "無法傳遞",
        "無法投遞",
        "無法傳送",
        "배달되지",
        "배달할 수 없",
        "반송",
        "전송 실패",
    ),
    *("تعذر (التسليم|تسليم)", "غير قابل للتسليم", "לא ניתן למסירה", "לא נמסרה"),
)
HELD = _any_of(
    *(
        r"\bconfirm",
        r"\bverif(y|ication)\b",
        r"quarantin",
        r"\bon hold\b",
        r"\bis held\b",
        r"\b(awaiting|waiting for)\b",
    ),
    *(r"\bapprov(al|e)\b", r"\bmoderat", r"\bchallenge\b", "bestätigen", "confirme[rz]?\\b", "captcha"),
)
"""Somebody or something has to let the mail through first."""
AUTOMATIC = _any_of(
    *(r"^(re: *)?[^a-z]{0,2}auto(matic(ally)?|mated)?[ -]?(re(ply|sponse)|reaction)\b",),
    *(
        r"out of (the )?office",
        r"away from",
        r"^(i am |i'm )?(away|on (vacation|leave|holiday))\b",
        "abwesen",
        "absen(t|ce)",
    ),
    *(
        "automatische antwort",
        "réponse automatique",
        "respuesta automática",
        "risposta automatica",
        "automatisch antwoord",
    ),
    *("resposta automática", "odpowiedź automatyczna", "automatická odpověď", "automatiskt svar", "automatisk svar"),
    *(
        "automaattinen vastaus",
        "автоматический ответ",
        "автоматична відповідь",
        "otomatik yanıt",
        "自動応答",
        "自动答复",
    ),
    *("自動回覆", "자동 회신", "αυτόματη απάντηση", "automatikus válasz", "răspuns automat"),
)
"""Begins or is part of the subject of an automatic reply."""
