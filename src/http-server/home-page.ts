// The page at `/`: a field for an identifier, in Chinese or English. It shows nothing that anybody has sent.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { confinePage } from './page-headers.ts';
import { FORM_POLICY, STYLE } from './page-html.ts';
import { languageOf } from './page-language.ts';
import { type Language, WORDS } from './page-words.ts';

export function sendHome(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = languageOf(request);
  confinePage(request, reply, FORM_POLICY);
  return reply
    .header('Cache-Control', 'public, max-age=3600')
    .header('Content-Language', language === 'zh' ? 'zh-CN' : 'en')
    .header('Vary', 'Accept-Language')
    .type('text/html;charset=utf-8')
    .send(formatHome(language));
}

/** The names of the fields are those of the reference server's form. */
function formatHome(language: Language): string {
  const words = WORDS[language];
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${words.node}</title>
<style>${STYLE}</style>
</head>
<body>
<header><span>${words.node}</span><a href="?lang=${language === 'zh' ? 'en' : 'zh'}" rel="alternate">${words.other}</a></header>
<main>
<h1>${words.ask}</h1>
<form action="/" method="post">
<p><label>${words.identifier} <input name="hdl" required maxlength="2048" size="32" placeholder="88.118.10023/CHAIR-01"></label></p>
<p><label><input type="checkbox" name="auth" value="true"> ${words.fresh}</label></p>
<p><label><input type="checkbox" name="noredirect" value="true"> ${words.stay}</label></p>
<p><button>${words.resolve}</button></p>
</form>
</main>
</body>
</html>
`;
}
