"""The login page: one plain form that works without a script. Pure: text in, HTML out."""

from html import escape
from string import Template
from urllib.parse import quote

TEXTS = {
    "zh": {
        "title": "登录",
        "product": "守望",
        "subtitle": "联合指挥与预警平台",
        "name": "账号",
        "password": "密码",
        "submit": "登 录",
        "other": "English",
        "note": "所有操作均以登录者姓名留痕",
        "wrong": "账号或密码不正确",
        "wait": "尝试次数过多，请在 {seconds} 秒后再试",
        "database": "数据库暂时无法连接，请稍后再试",
    },
    "en": {
        "title": "Log in",
        "product": "Gridwatch",
        "subtitle": "Joint command and early warning",
        "name": "Account",
        "password": "Password",
        "submit": "Log in",
        "other": "中文",
        "note": "Every action is recorded under the name you log in with",
        "wrong": "Wrong account or password",
        "wait": "Too many attempts: try again in {seconds} s",
        "database": "The database cannot be reached, try again shortly",
    },
}

_PAGE = Template("""<!doctype html>
<html lang="$html_lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>$title · $product · $centre</title>
<link rel="stylesheet" href="/assets/login.css">
</head>
<body>
<svg class="ground" viewBox="0 0 1600 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
<g fill="none" stroke="currentColor">
<path d="M-20 610 C180 540 240 700 430 640 S700 470 900 540 1180 720 1340 620 1560 560 1640 590"/>
<path d="M-20 480 C160 420 300 560 470 500 S720 330 930 400 1180 560 1360 470 1560 420 1640 440"/>
<path d="M-20 350 C150 310 310 430 500 360 S760 210 960 270 1200 410 1380 330 1570 280 1640 300"/>
<path d="M-20 740 C200 680 280 820 460 770 S720 610 930 680 1200 840 1350 760 1560 700 1640 720"/>
<path d="M210 -20 C240 180 180 320 260 480 S230 760 300 920M620 -20 C650 160 560 340 640 500 S590 780 660 920"/>
<path d="M1020 -20 C1050 200 960 330 1050 520 S1000 760 1070 920M1380 -20 C1400 180 1330 360 1420 540 S1370 800 1440 920"/>
</g>
</svg>
<main>
<form method="post" action="/login" class="card">
<input type="hidden" name="next" value="$next">
<input type="hidden" name="lang" value="$lang">
<header>
<svg viewBox="0 0 48 48" class="mark" aria-hidden="true">
<path d="M24 3 42 10v13c0 11-7.6 18.4-18 22C13.6 41.4 6 34 6 23V10z" fill="none" stroke="currentColor" stroke-width="2.4"/>
<path d="M14 24h6l3-8 4 15 3-7h5" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
<h1>$product</h1>
<p class="centre">$centre</p>
<p class="subtitle">$subtitle</p>
</header>
$message
<label for="name">$name_label</label>
<input id="name" name="username" value="$name" maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" required $focus_name>
<label for="password">$password_label</label>
<input id="password" name="password" type="password" maxlength="256" autocomplete="current-password" required $focus_password>
<button type="submit">$submit</button>
<footer><span>$note</span><a href="/login?lang=$other_lang&amp;next=$next_query">$other</a></footer>
</form>
</main>
</body>
</html>
""")


def login_page(*, lang: str, centre: str, wanted: str, name: str = "", message: str = "") -> str:
    """Write the page. `wanted` is the path to go to afterwards; `message` is shown above the fields."""
    texts = TEXTS[lang]
    return _PAGE.substitute(
        html_lang="zh-CN" if lang == "zh" else "en",
        lang=lang,
        other_lang="en" if lang == "zh" else "zh",
        title=texts["title"],
        product=texts["product"],
        subtitle=texts["subtitle"],
        centre=escape(centre),
        name_label=texts["name"],
        password_label=texts["password"],
        submit=texts["submit"],
        other=texts["other"],
        note=texts["note"],
        next=escape(wanted, quote=True),
        next_query=quote(wanted, safe=""),
        name=escape(name, quote=True),
        message=f'<p class="message" role="alert">{escape(message)}</p>' if message else "",
        focus_name="" if name else "autofocus",
        focus_password="autofocus" if name else "",
    )
