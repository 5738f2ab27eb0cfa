/* Requests that somebody is waiting for (pending.h). */
#include "pending.h"
#include <stdio.h>
#include <string.h>

/* bztd ends a request itself; this is for when it cannot tell. */
enum { OVERDUE_MS = 300000 };

static const char *const states[] = {"created", "scanned", "confirming", "done",
                                     "refused", "expired", "failed"};

static const struct {
    const char *reason, *zh, *en;
} texts[] = {
    {"user_refused", "手机上已拒绝", "Refused on the phone"},
    {"scan_timeout", "二维码已过期，请刷新后重新扫描",
     "The QR code has expired: refresh it and scan again"},
    {"decide_timeout", "手机上未在规定时间内确认，请重新发起",
     "It was not confirmed on the phone in time: start again"},
    {"wrong_number", "手机上所选的数字与电脑上显示的不一致，请求已终止",
     "The number chosen on the phone is not the one shown here"},
    {"cancelled_by_rp", "已取消", "Cancelled"},
    {"certificate_unusable", "所选证书不能使用，可能已过期或已吊销",
     "The certificate cannot be used: it may be expired or revoked"},
    {"key_locked", "PIN 码错误次数过多，证书已锁定",
     "Too many wrong PINs: the certificate is locked"},
    {"unbound", "该证书尚未绑定账号。请先用密码登录，再点右上角“扫码绑定证书”",
     "This certificate is not bound to an account. Log in by password first "
     "and bind it"},
    {"bound_elsewhere", "该证书已绑定本平台的另一账号，不能重复绑定",
     "This certificate is bound to another account"},
    {"lost", "请求已失效，请重新发起", "The request is gone: start again"},
    {"released", "登录结果已经使用过，请重新扫码",
     "This login was used already: scan again"},
};

const char *pending_state_text(bzt_request_state state)
{
    return states[state];
}

void pending_explain(const char **zh, const char **en, const char *reason)
{
    *zh = *en = "";
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!strcmp(texts[i].reason, reason)) {
            *zh = texts[i].zh;
            *en = texts[i].en;
        }
    }
}

int pending_is_ended(const pending *p)
{
    return p->state >= BZT_STATE_DONE;
}

static int is_free(const pending *p, int64_t now_ms)
{
    int64_t last = p->request.decide_until > p->request.expires_at
                       ? p->request.decide_until
                       : p->request.expires_at;

    if (!p->request.id[0])
        return 1;
    if (p->is_refreshing)
        return 0;
    if (p->ended_at)
        return now_ms - p->ended_at > PENDING_KEPT_MS;
    return now_ms - last > OVERDUE_MS;
}

bzt_err pending_add(pendings *all, const pending *p, int64_t now_ms)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        if (!is_free(&all->slots[i], now_ms))
            continue;
        all->slots[i] = *p;
        if (i >= all->high)
            all->high = i + 1;
        return BZT_OK;
    }
    return BZT_ERR_LIMITED;
}

pending *pending_find(pendings *all, const char *id)
{
    for (size_t i = 0; i < all->high && *id; i++) {
        if (!strcmp(all->slots[i].request.id, id))
            return &all->slots[i];
    }
    return NULL;
}

pending *pending_of_browser(pendings *all, const uint8_t browser[32],
                            bzt_request_kind kind)
{
    for (size_t i = 0; i < all->high; i++) {
        pending *p = &all->slots[i];
        if (p->request.id[0] && p->request.kind == kind &&
            !pending_is_ended(p) && !memcmp(p->request.browser, browser, 32))
            return p;
    }
    return NULL;
}

void pending_set(pending *p, bzt_request_state state, const char *reason,
                 int64_t now_ms)
{
    const char *zh, *en;

    if (pending_is_ended(p) ||
        (p->state == state && !strcmp(p->reason, reason)))
        return;
    p->state = state;
    p->version++;
    snprintf(p->reason, sizeof(p->reason), "%s", reason);
    pending_explain(&zh, &en, reason);
    snprintf(p->zh, sizeof(p->zh), "%s", zh);
    snprintf(p->en, sizeof(p->en), "%s", en);
    if (pending_is_ended(p))
        p->ended_at = now_ms;
}
