"""Scripts and letters for two readers of Sieve: ours and Debian's."""

LETTERS = {
    "plain": (
        b"Return-Path: <Chef@Finances.gouv.tg>\r\n"
        b"Received: from a.example (a.example [192.0.2.1]) by mx.gouv.tg with ESMTP;\r\n"
        b" Mon, 30 Nov 2026 23:30:05 -0500\r\n"
        b"Received: from b.example by a.example; Mon, 30 Nov 2026 22:10:00 +0000\r\n"
        b"From: =?utf-8?q?Le_chef_=C3=A0_l'=C3=A9coute?= <Chef+budget@Finances.gouv.tg>\r\n"
        b"To: Agent Un <agent1+projets@numerique.gouv.tg>, agent2@numerique.gouv.tg\r\n"
        b'Cc: undisclosed: agent3@numerique.gouv.tg, "quoted, name" <agent4@numerique.gouv.tg>;\r\n'
        b"Subject: [Budget] =?iso-8859-1?q?=C9tat_des?= lieux\r\n  2026 * ?\r\n"
        b"Date: Sun, 29 Nov 2026 23:45:59 +0100\r\n"
        b"Message-ID: <1@finances.gouv.tg>\r\n"
        b"X-Priority: 007\r\n"
        b"X-Twice: one\r\n"
        b"X-Twice: two\r\n"
        b"X-Empty:\r\n"
        b"\r\n"
        b"Bonjour,\r\nle budget est pr\xc3\xaat.\r\n"
    ),
    "parts": (
        b"From: list@partenaires.example\r\n"
        b"To: agent1@numerique.gouv.tg\r\n"
        b"Subject: a*b\r\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n"
        b"List-Id: <list.partenaires.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n'
        b"\r\n"
        b"preamble words\r\n"
        b"--x\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"Un mot cach=E9 ici\r\n"
        b"--x\r\n"
        b"Content-Type: text/html\r\n"
        b"\r\n"
        b"<p>bal<b>ise</b></p>\r\n"
        b"--x\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n"
        b"\r\n"
        b"c2VjcmV0IHdvcmRz\r\n"
        b"--x--\r\n"
    ),
    "bare": b"Subject:   spaced   out  \r\n\r\nx\r\n",
}

_TESTS = [
    # header, exists, size
    'header "subject" "[budget] état des lieux  2026 * ?"',
    'header :contains "subject" "ÉTAT"',
    'header :contains "SUBJECT" "état"',
    'header :contains :comparator "i;octet" "subject" "budget"',
    'header :is "subject" "spaced   out"',
    'header :is "x-empty" ""',
    'header :contains "x-empty" ""',
    'header :is "x-none" ""',
    'header :contains ["x-none", "x-twice"] ["three", "wo"]',
    'exists ["subject", "from"]',
    'exists ["subject", "x-none"]',
    'exists "x-empty"',
    "size :over 300",
    "size :under 300",
    "size :over 100K",
    "not size :over 1G",
    'allof (true, not false, anyof (false, header "x-twice" "two"))',
    "anyof (false, allof (true, false))",
    # :matches
    'header :matches "subject" "*état*"',
    'header :matches "subject" "\\\\[*\\\\] * \\\\* \\\\?"',
    'header :matches "subject" "[budget]*"',
    'header :matches "subject" "*lieux*2026*"',
    'header :matches "subject" "*2026*lieux*"',
    'header :matches "subject" "a\\\\*b"',
    'header :matches "subject" "a?b"',
    'header :matches "subject" "???"',
    'header :matches "subject" "**"',
    'header :matches "subject" "*b"',
    'header :matches "subject" "a*a*b"',
    'header :matches "x-twice" ["o?e", "t?"]',
    'header :matches "x-empty" "*"',
    'header :matches "x-empty" "?"',
    # address, envelope, subaddress
    'address "from" "chef+budget@finances.gouv.tg"',
    'address :localpart "from" "chef+budget"',
    'address :domain :matches "from" "*.gouv.tg"',
    'address :all :contains ["to", "cc"] "agent4@"',
    'address :is "cc" "agent3@numerique.gouv.tg"',
    'address :user "from" "chef"',
    'address :detail "to" "projets"',
    'address :detail "to" ""',
    'address :user "to" "agent2"',
    'address :detail :matches "from" "*"',
    'envelope "from" "chef@finances.gouv.tg"',
    'envelope :domain "from" "FINANCES.gouv.tg"',
    'envelope :localpart "to" "agent1+projets"',
    'envelope :detail "to" "projets"',
    'envelope :user "to" "agent1"',
    'envelope :all ["to", "from"] "agent1+projets@numerique.gouv.tg"',
    # relational
    'header :count "eq" :comparator "i;ascii-numeric" "x-twice" "2"',
    'header :count "ge" :comparator "i;ascii-numeric" ["x-twice", "received"] "4"',
    'header :count "lt" :comparator "i;ascii-numeric" "x-none" "1"',
    'address :count "gt" :comparator "i;ascii-numeric" ["to", "cc"] "3"',
    'header :value "eq" :comparator "i;ascii-numeric" "x-priority" "7"',
    'header :value "lt" :comparator "i;ascii-numeric" "x-priority" "10"',
    'header :value "gt" :comparator "i;ascii-numeric" "subject" "99999999"',
    'header :value "ne" "x-twice" "one"',
    'header :value "gt" "x-twice" "three"',
    'header :value "le" :comparator "i;octet" "x-twice" "one"',
    'header :is :comparator "i;ascii-numeric" "x-priority" "7"',
    # date, index
    'date "date" "date" "2026-11-29"',
    'date :originalzone "date" "hour" "23"',
    'date :zone "+0530" "date" "time" "04:15:59"',
    'date :zone "-0100" "date" "minute" "45"',
    'date :zone "+0000" "date" "weekday" "0"',
    'date :zone "+0000" "date" "julian" "61373"',
    'date :zone "+0000" "date" "iso8601" "2026-11-29T22:45:59Z"',
    'date :originalzone "date" "zone" "+0100"',
    'date :originalzone "date" "iso8601" "2026-11-29T23:45:59+01:00"',
    'date :zone "+0000" "date" "std11" "Sun, 29 Nov 2026 22:45:59 +0000"',
    'date :zone "+0000" "received" "date" "2026-12-01"',
    'date :zone "+0000" :index 2 "received" "hour" "22"',
    'date :zone "+0000" :index 1 :last "received" "day" "30"',
    'date :zone "+0000" :value "ge" "date" "date" "2026-06-01"',
    'date :zone "+0000" "date" "year" "2026"',
    'date :zone "+0000" "date" "month" "01"',
    'date :zone "+0000" "date" "second" "59"',
    'date "subject" "year" "2026"',
    'currentdate :value "gt" "year" "2000"',
    'header :index 1 "x-twice" "one"',
    'header :index 1 :last "x-twice" "one"',
    'header :index 2 "x-twice" "two"',
    'header :index 3 "x-twice" "two"',
    'header :index 2 ["x-none", "x-twice"] "two"',
    'address :index 1 :contains "to" "agent1"',
    # body
    'body :raw :contains "budget"',
    'body :raw :contains "c2VjcmV0"',
    'body :text :contains "cachÉ"',
    'body :text :contains "caché ici"',
    'body :contains "balise"',
    'body :content "text" :contains "bal<b>"',
    'body :content "text/plain" :contains "caché"',
    'body :content "application" :contains "secret words"',
    'body :content "" :contains "secret"',
    'body :content "text" :contains "secret"',
    'body :text :contains "preamble"',
    'body :raw :contains "preamble"',
    'body :text :contains "prêt"',
    'valid_notify_method "mailto:agent1@numerique.gouv.tg"',
    'mailboxexists "INBOX"',
]

_EVERYTHING = (
    'require ["fileinto", "envelope", "subaddress", "relational", "comparator-i;ascii-numeric", "date", "index",'
    ' "body", "enotify", "mailbox", "variables", "imap4flags", "copy", "vacation", "vacation-seconds", "reject",'
    ' "editheader", "encoded-character"];\n'
)

_SCRIPTS = [
    "",
    "keep;",
    "discard;",
    "stop; discard;",
    "discard; keep;",
    "if true { stop; } discard;",
    'fileinto "A/B";',
    'fileinto :copy "A";',
    'fileinto "A"; keep;',
    'fileinto "A"; fileinto "A"; fileinto "INBOX";',
    'fileinto :create "New"; discard;',
    'redirect "agent2@numerique.gouv.tg";',
    'redirect :copy "agent2@numerique.gouv.tg";',
    'redirect "Name <agent2@numerique.gouv.tg>"; redirect "agent2@numerique.gouv.tg";',
    'redirect "a${hex: 40}b.example"; keep;',
    'redirect "a1@b.example"; redirect "a2@b.example"; redirect "a3@b.example"; redirect "a4@b.example";'
    ' redirect "a5@b.example";',
    'reject "Non merci";',
    'keep; reject "Non";',
    'reject "Non"; fileinto "A";',
    'discard; reject "Non";',
    'reject "Non"; vacation "x";',
    'vacation "Absent";',
    'vacation :seconds 3600 :subject "S" "Absent";',
    'vacation :from "agent1@numerique.gouv.tg" "Absent"; discard;',
    'vacation "x"; vacation "y";',
    'vacation :days 400 "x";',
    'notify "mailto:agent2@numerique.gouv.tg"; discard;',
    'notify :importance "3" :message "m" "mailto:agent2@numerique.gouv.tg%2Cagent3@numerique.gouv.tg"; fileinto "N";',
    # flags
    'addflag "\\\\Seen"; keep;',
    'setflag ["\\\\Flagged \\\\Seen", "perso"]; removeflag "\\\\SEEN"; fileinto "F";',
    'addflag "a"; addflag "A"; keep :flags ["b", "\\\\Answered"];',
    'addflag "x"; fileinto :copy "A";',
    'setflag "mine" ["a", "b"]; addflag "mine" "c"; removeflag "mine" "a"; keep :flags "${mine}";',
    'addflag ["a", "b"]; if hasflag :count "eq" :comparator "i;ascii-numeric" "2" { fileinto "Two"; }',
    'addflag ["alpha"]; if hasflag :contains "LPH" { fileinto "Yes"; }',
    'addflag ["alpha"]; if hasflag :matches "al*" { fileinto "${1}"; }',
    'addflag "x"; setflag ""; keep;',
    'addflag "\\\\Bogus"; keep;',
    # variables
    'set "a" "x"; set "A" "${a}y"; fileinto "${A}";',
    'if header :matches "subject" "[*] *" { fileinto "Lists/${1}"; }',
    'if header :matches "x-twice" "*o*" { fileinto "m-${0}-${1}-${2}"; }',
    'if header :matches "subject" "*lieux*" { set "p" "x${1}y"; fileinto "${p}"; }',
    'if address :matches "from" "*+*@*.gouv.tg" { fileinto "${3}/${2}"; }',
    'if header :matches "subject" "a*?" { if string "${1}-${2}" "*-b" { discard; } fileinto "q-${2}"; }',
    'if header :matches "subject" "*???t*" { fileinto :flags ["f"] "${4}-x"; }',
    'set :upper "a" "emile b"; fileinto "${a}";',
    'set :upperfirst :lower "a" "ABC"; fileinto "${a}";',
    'set :length "a" "été"; fileinto "${a}";',
    'set :quotewildcard "a" "a*b?c\\\\"; if string "${a}" "a\\\\*b\\\\?c\\\\\\\\" { fileinto "Q"; }',
    'set :lowerfirst :upper "a" "bcd"; fileinto "${a}";',
    'set :encodeurl "a" "a b/é"; if string "${a}" "a%20b%2F%C3%A9" { fileinto "Url"; }',
    'set "a" "$${hex:7b}b}"; fileinto "x${a}y${unset}z";',
    'fileinto "${unset}x${9}";',
    'set "n" "10"; if string :value "gt" :comparator "i;ascii-numeric" "${n}" "9" { fileinto "Gt"; }',
    'if string :count "eq" :comparator "i;ascii-numeric" ["a", "", "b"] "2" { fileinto "Two"; }',
    'if string :matches "a.b.c" "*.*" { set "x" "${2}"; } if string :matches "no" "x*" { stop; } fileinto "${1}-${x}";',
    'if anyof (header :matches "subject" "zz*", header :matches "x-twice" "*n*") { fileinto "${1}|${2}"; }',
    'fileinto "${hex:41 42}${unicode:20ac}${hex:zz}";',
    # control
    'if header "x-twice" "one" { fileinto "1"; } elsif header "x-priority" "007" { fileinto "2"; }'
    ' else { fileinto "3"; }',
    'if false { discard; } if true { fileinto "A"; } else { fileinto "B"; }',
    'if true { if false { discard; } else { if true { fileinto "Deep"; stop; } } } discard;',
    # editheader
    'addheader "X-New" "a"; if header "x-new" "a" { fileinto "Added"; }',
    'addheader "X-Twice" "zero"; if header :index 1 "x-twice" "zero" { fileinto "First"; }',
    'addheader :last "X-Twice" "last"; if header :index 1 :last "x-twice" "last" { fileinto "Last"; }',
    'deleteheader "X-Twice"; if not exists "x-twice" { fileinto "Gone"; }',
    'deleteheader :index 1 "X-Twice"; if header :index 1 "x-twice" "two" { fileinto "FirstGone"; }',
    'deleteheader :contains "X-Twice" "wo"; if header :count "eq" :comparator "i;ascii-numeric" "x-twice" "1"'
    ' { fileinto "One"; }',
    'deleteheader :index 1 :last :matches "X-Twice" "t*"; if not header "x-twice" "two" { fileinto "LastGone"; }',
    'addheader "X-Acc" "déjà vu"; if header "x-acc" "déjà vu" { fileinto "Accents"; }',
]

# By what they are about; each is run over each letter.
SCRIPTS = [
    *(f'{_EVERYTHING}if {test} {{ fileinto "Yes"; }} else {{ fileinto "No"; }}\n' for test in _TESTS),
    *(f"{_EVERYTHING}{script}\n" for script in _SCRIPTS),
]
