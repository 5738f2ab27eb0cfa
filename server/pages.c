#include "pages.h"
#include "service/request.h"
#include "service/service.h"
#include <string.h>

/* --- health -------------------------------------------------------------- */

static bzt_err now_op(store_tx *tx, void *arg)
{
    return store_now(tx, arg);
}

bzt_err health_get(call *c)
{
    int64_t now;

    if (store_read(c->service->store, now_op, &now))
        return BZT_ERR_UNAVAILABLE;
    json_add_text(call_answer(c), "status", "ok");
    return BZT_OK;
}

/* --- the scan page ------------------------------------------------------- */

/* Colours and sizes are those of web/shared/tokens.css. */
#define STYLE                                                                  \
    ":root{color-scheme:light dark;--bg:#F2F5F7;--surface:#FFF;"               \
    "--text:#14202B;--text2:#44525F;--text3:#5C6975;--line:#DFE5EA;"           \
    "--primary:#1A4E8F;--accent:#1A4E8F;--tint:#EAF1F9}"                       \
    "@media(prefers-color-scheme:dark){:root{--bg:#0C1319;--surface:#151F28;"  \
    "--text:#EDF2F6;--text2:#BAC6D0;--text3:#95A3AF;--line:#2A3844;"           \
    "--primary:#2C6CBD;--accent:#86B6F2;--tint:#17293D}}"                      \
    "*{box-sizing:border-box}"                                                 \
    "body{margin:0;min-height:100vh;display:grid;place-items:center;"          \
    "padding:24px 16px;background:var(--bg);color:var(--text);"                \
    "font:400 1rem/1.5rem \"PingFang SC\",\"HarmonyOS Sans SC\",\"MiSans\","   \
    "\"Source Han Sans SC\",\"Noto Sans CJK SC\",\"Microsoft YaHei\","         \
    "sans-serif}"                                                              \
    "main{width:100%;max-width:26rem;padding:32px 24px;"                       \
    "background:var(--surface);border:1px solid var(--line);"                  \
    "border-radius:12px;box-shadow:0 1px 2px rgba(20,32,43,.06)}"              \
    "svg{display:block;width:56px;height:56px;margin:0 0 20px}"                \
    "h1{margin:0 0 8px;font-size:1.5rem;line-height:2rem;font-weight:600}"     \
    "p{margin:0 0 24px;color:var(--text2)}"                                    \
    "ol{margin:0;padding:0;list-style:none;counter-reset:n}"                   \
    "li{display:flex;gap:12px;padding:12px 0;"                                 \
    "border-top:1px solid var(--line);counter-increment:n}"                    \
    "li::before{content:counter(n);flex:none;width:24px;height:24px;"          \
    "border-radius:12px;background:var(--tint);color:var(--accent);"           \
    "font-weight:600;text-align:center}"                                       \
    "small{display:block;margin:20px 0 0;color:var(--text3);"                  \
    "font-size:.875rem;line-height:1.375rem}"

#define ICON                                                                   \
    "<svg viewBox=\"0 0 56 56\" aria-hidden=\"true\">"                         \
    "<rect width=\"56\" height=\"56\" rx=\"12\" fill=\"var(--primary)\"/>"     \
    "<g fill=\"none\" stroke=\"#FFF\" stroke-width=\"3\" "                     \
    "stroke-linecap=\"round\" stroke-linejoin=\"round\">"                      \
    "<path d=\"M14 21v-5a2 2 0 0 1 2-2h5M35 14h5a2 2 0 0 1 2 2v5M42 35v5a2 2 " \
    "0 0 1-2 2h-5M21 42h-5a2 2 0 0 1-2-2v-5\"/>"                               \
    "<path d=\"M20 29l6 6 11-13\"/></g></svg>"

#define PAGE(lang, title, lead, one, two, three, note)                         \
    "<!DOCTYPE html><html lang=\"" lang "\"><head><meta charset=\"utf-8\">"    \
    "<meta name=\"viewport\" content=\"width=device-width,"                    \
    "initial-scale=1\"><meta name=\"robots\" content=\"noindex\">"             \
    "<title>" title "</title><style>" STYLE "</style></head><body><main>" ICON \
    "<h1>" title "</h1><p>" lead "</p><ol><li>" one "</li><li>" two            \
    "</li><li>" three "</li></ol><small>" note "</small></main></body></html>"

static const char page_zh[] =
    PAGE("zh-CN", "请打开「标证通」App 扫描",
         "这个二维码只能由「标证通」识别，浏览器、微信等扫描后无法继续。",
         "打开「标证通」App", "点按「扫一扫」",
         "对准电脑屏幕上的二维码，核对内容后确认",
         "二维码每秒更新，请直接扫描屏幕，不要使用截图或转发的链接。"
         "本页面不会索取 PIN、密码或验证码。");

static const char page_en[] = PAGE(
    "en", "Open 标证通 and scan there",
    "Only the 标证通 app can read this code; browsers and other apps cannot "
    "go on from here.",
    "Open the 标证通 app", "Tap “Scan” (扫一扫)",
    "Point it at the code on the PC, check what is shown, then confirm",
    "The code changes every second: scan the screen itself, not a screenshot "
    "or a forwarded link. This page never asks for a PIN, password or code.");

/* Chinese unless English is named before it: good enough for two. */
static int wants_english(const char *accept)
{
    const char *en = accept ? strstr(accept, "en") : NULL;
    const char *zh = accept ? strstr(accept, "zh") : NULL;

    return en && (!zh || en < zh);
}

bzt_err scan_page_get(call *c)
{
    const char *page =
        wants_english(call_header(c, "Accept-Language")) ? page_en : page_zh;

    call_answer_bytes(c, "text/html; charset=utf-8",
                      (bzt_span){(const uint8_t *)page, strlen(page)});
    call_set_header(c, "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; "
                    "base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'");
    call_set_header(c, "Referrer-Policy", "no-referrer");
    call_set_header(c, "Vary", "Accept-Language");
    return BZT_OK;
}

/* --- CORS ---------------------------------------------------------------- */

bzt_err page_preflight(call *c)
{
    const char *token = call_query(c, "token");
    request_row row;
    bzt_err err;

    if (!token || !c->origin)
        return BZT_ERR_NOT_FOUND;
    if ((err = request_page_open(c->service, &row, c->arena, token, c->origin,
                                 c->agent)))
        return err;
    call_allow_origin(c, c->origin);
    return BZT_OK;
}
