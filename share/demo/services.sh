# What ./demo runs and how each is configured (bash; after lib.sh).
#
# Order of a first start: keys for the outside parties; `bztd init`, which
# makes the daemon's own keys and writes what is public of them; the site's
# offline key signs these into the settings; then everything starts.

site_name=标证通演示
platform_name=演示交易平台
platform_login=clerk
platform_organisation=滨江建设集团有限公司
platform_uscc=91330106MA28F1N072

app_origin() { echo "https://localhost:$port"; }
api_origin() { echo "https://localhost:$((port + 1))"; }
platform_origin() { echo "https://localhost:$((port + 2))"; }
sandbox_url() { echo "http://127.0.0.1:$((port + 3))"; }

# write MODE OWNER:GROUP FILE: standard input becomes the file.
write() {
    local new=$3.new
    (umask 077 && cat >"$new")
    if [[ $EUID == 0 ]]; then chown "$2" "$new"; fi
    chmod "$1" "$new"
    mv "$new" "$3"
}

shared_key() { # of us and one outside party: 64 hex digits
    if [[ ! -e $1 ]]; then
        openssl rand -hex 32 | write 400 "$service_user:$service_user" "$1"
    fi
}

prepare_services() {
    shared_key "$state/etc/sms.key"
    shared_key "$state/etc/police.key"
    prepare_sandbox
    prepare_bztd
    prepare_site
}

prepare_sandbox() {
    write 640 "root:$service_user" "$state/etc/sandbox.conf" <<END
[sandbox]
port = $((port + 3))

[sms]
id = bzt
key_file = $state/etc/sms.key

[police]
id = bzt
key_file = $state/etc/police.key
END
}

bzt() { "$state/bin/bzt" "$@"; }

# The site's offline side.  In earnest this is another machine: it reads
# public.json, and gives back settings and certificates.
prepare_site() {
    local site=$state/site/keys
    if [[ ! -e $site ]]; then
        bzt site init --dir "$site" --name "$site_name" >/dev/null
    fi
    if [[ ! -e $state/etc/settings.json ]]; then
        bzt site sign --dir "$site" --public "$state/data/bztd/public.json" \
            --out "$state/site/settings.json" >/dev/null
        write 644 root:root "$state/etc/settings.json" \
            <"$state/site/settings.json"
    fi
    write 644 root:root "$state/tls/site.pub" <"$site/site.pub"
    if [[ ! -e $state/site/platform.der ]]; then
        bzt site rp --dir "$site" --name "$platform_name" \
            --domain localhost --key "$state/site/platform.key" \
            --cert "$state/site/platform.der" >/dev/null
    fi
}

# The first operator: set up with the code that init printed, registers the
# platform.  Prints the platform's id.
register_platform() {
    local operator=$state/site/operator answer
    if [[ ! -e $operator ]]; then
        bzt staff setup --dir "$operator" --api "$(api_origin)" \
            --tls-roots "$state/tls/root.pem" --login operator \
            --code "$(<"$state/site/setup-code")" \
            --password "$(openssl rand -hex 9)" >/dev/null
    fi
    if [[ ! -e $state/site/platform.json ]]; then
        answer=$(bzt staff rp --dir "$operator" \
            --cert "$state/site/platform.der" \
            --webhook "$(platform_origin)/webhook")
        write 644 root:root "$state/site/platform.json" <<<"$answer"
    fi
}

prepare_bztd() {
    write 640 "root:$service_user" "$state/etc/bztd.conf" <<END
[server]
socket = $state/run/bztd.sock
access_log = 0

[store]
url = sqlite:$state/data/bztd/bzt.db

[site]
name = $site_name
app_origin = $(app_origin)
api_origin = $(api_origin)
settings = $state/etc/settings.json
public = $state/data/bztd/public.json

[vault]
master_key = $state/data/bztd/master.key

[audit]
head_ms = 5000

[sms]
url = $(sandbox_url)/sms
id = bzt
key_file = $state/etc/sms.key

[realname]
police_url = $(sandbox_url)/police
police_id = bzt
police_key_file = $state/etc/police.key

[outside]
ca_file = $state/tls/root.pem

[limits]
sms_minute = 0
sms_address_hour = 0
END
    if [[ -e $state/site/setup-code ]]; then return; fi
    # What a broken first start has left behind is of no use.
    rm -rf "$state"/data/bztd/* "$state"/site/* "$state/etc/settings.json"
    local code
    code=$("${as_service[@]}" "$state/bin/bztd" init \
        --config "$state/etc/bztd.conf" 2>"$state/log/init.log") || {
        cat "$state/log/init.log" >&2
        die 'bztd init failed'
    }
    write 600 root:root "$state/site/setup-code" <<<"$code"
}

start_all() {
    run_in_background sandbox "${as_service[@]}" \
        "$state/bin/bzt-sandbox" --config "$state/etc/sandbox.conf"
    wait_for sandbox 20 ask "$(sandbox_url)/health"
    run_in_background bztd "${as_service[@]}" \
        "$state/bin/bztd" --config "$state/etc/bztd.conf"
    wait_for bztd 20 test -S "$state/run/bztd.sock"
    run_in_background nginx "${as_web[@]}" nginx -p "$state/nginx" -e stderr \
        -c "$state/etc/nginx/nginx.conf"
    wait_for nginx 20 ask "$(api_origin)/health"
    register_platform
    prepare_platform
    run_in_background platform "${as_service[@]}" \
        "$state/bin/bzt-platform" --config "$state/etc/platform.conf"
    wait_for platform 20 ask "$(platform_origin)/api/site"
}

print_addresses() {
    cat <<END

标证通 runs:
  phone app      $(app_origin)/
  API, staff     $(api_origin)/
  platform       $(platform_origin)/   ($platform_login, $(<"$state/site/platform-password"))
  sandbox        $(sandbox_url)/inbox?phone=13900000000   (what was sent there)
  test root      $state/tls/root.pem   (let the browser trust it, for a try)
  programs, data $state

stop: ./demo stop     stop and forget everything: ./demo reset
END
}

# The trading platform, with one user whose password is in its folder.
prepare_platform() {
    local both=$service_user:$service_user conf=$state/etc/platform.conf id
    id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' \
        <"$state/site/platform.json")
    write 400 "$both" "$state/etc/platform.key" <"$state/site/platform.key"
    write 640 "root:$service_user" "$conf" <<END
[server]
socket = $state/run/platform.sock

[store]
path = $state/data/platform

[platform]
name = $platform_name

[rp]
id = $id
key = $state/etc/platform.key
domain = localhost:$((port + 2))

[site]
settings = $state/etc/settings.json
site_key = $state/tls/site.pub
tls_roots = $state/tls/root.pem
END
    if [[ -e $state/site/platform-password ]]; then return; fi
    local password
    password=$(openssl rand -hex 6)
    "${as_service[@]}" "$state/bin/bzt-platform" user-add --config "$conf" \
        --login "$platform_login" --organisation "$platform_organisation" \
        --uscc "$platform_uscc" >/dev/null <<<"$password" ||
        die 'the platform took no user'
    write 600 root:root "$state/site/platform-password" <<<"$password"
}

# What share/demo/walk finds in its environment.
walk_environment() {
    export BZT_DEMO_STATE=$state
    export BZT_APP BZT_API BZT_PLATFORM BZT_SANDBOX BZT_ROOT BZT_SETUP_CODE
    BZT_APP=$(app_origin)
    BZT_API=$(api_origin)
    BZT_PLATFORM=$(platform_origin)
    BZT_SANDBOX=$(sandbox_url)
    BZT_ROOT=$state/tls/root.pem
    BZT_SETUP_CODE=$state/site/setup-code
    export BZT_PLATFORM_LOGIN=$platform_login BZT_PLATFORM_PASSWORD
    BZT_PLATFORM_PASSWORD=$(<"$state/site/platform-password")
    export BZT_PLATFORM_ORGANISATION=$platform_organisation
    export BZT_PLATFORM_USCC=$platform_uscc
    PATH=$state/bin:$PATH
}
