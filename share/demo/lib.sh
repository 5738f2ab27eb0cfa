# Functions of ./demo (bash).  State lies outside the clone, because a clone
# in a home folder cannot be read by the services' user:
#   bin/ programs          etc/ configuration        tls/ test root and leaf
#   site/ the site's offline key: never readable by bztd
#   data/ what the services keep      run/ sockets   log/   pids/

state=${BZT_DEMO_DIR:-/var/tmp/bzt-demo-$(id -un)}
port=${BZT_DEMO_PORT:-8443}
# Ports are part of origins, and origins of what is signed: they stay.
if [[ -r $state/port ]]; then port=$(<"$state/port"); fi
programs=(server/bztd cli/bzt sandbox/bzt-sandbox platform/bzt-platform)

say() { echo "demo: $*"; }
die() {
    echo "demo: $*" >&2
    exit 1
}

prepare_programs() {
    tools/install build
    local log status=0
    log=$(mktemp)
    {
        if [[ ! -e build/build.ninja ]]; then
            rm -rf build
            meson setup build
        fi &&
            ninja -C build "${programs[@]}"
    } >"$log" 2>&1 || status=$?
    if [[ $status != 0 ]]; then tail -n 30 "$log" >&2; fi
    rm -f "$log"
    [[ $status == 0 ]] || die 'the build failed'
}

# ---- who runs what

# As root the services run as users without any rights; nginx as another one,
# which reaches the sockets through its group and no data.
as_service=()
as_web=()
service_user=$(id -un)
web_user=$service_user
if [[ $EUID == 0 ]]; then
    service_user=bzt
    web_user=www-data
    as_service=(setpriv --reuid "$service_user" --regid "$service_user"
        --clear-groups --inh-caps=-all --no-new-privs --)
    as_web=(setpriv --reuid "$web_user" --regid "$web_user"
        --groups "$web_user,$service_user" --inh-caps=-all --no-new-privs --)
fi

prepare_users() {
    [[ $EUID == 0 ]] || return 0
    id "$service_user" >/dev/null 2>&1 ||
        useradd --system --user-group --no-create-home \
            --home-dir /nonexistent --shell /usr/sbin/nologin "$service_user"
}

# ---- ports

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

are_free() {
    local p
    for p in "$port" $((port + 1)) $((port + 2)) $((port + 3)); do
        is_free "$p" || return 1
    done
}

require_ports() {
    are_free || die "ports $port to $((port + 3)) are not all free;" \
        'another base: BZT_DEMO_PORT=9443 ./demo'
}

free_ports() {
    until are_free; do
        port=$((port + 10))
        [[ $port -lt 32000 ]] || die 'no free ports'
    done
}

# ---- state

# folder MODE OWNER:GROUP PATH
folder() {
    mkdir -p "$3"
    chmod "$1" "$3"
    if [[ $EUID == 0 ]]; then chown "$2" "$3"; fi
}

prepare_state() {
    prepare_users
    # /var/tmp is everybody's: the folder must be ours, not a trap.
    mkdir -m 755 "$state" 2>/dev/null || true
    [[ ! -L $state && -d $state && -O $state ]] ||
        die "$state exists and is not yours"
    if [[ $port != "${BZT_DEMO_PORT:-$port}" ]]; then
        die "$state was made for port $port; to move it: ./demo reset"
    fi
    echo "$port" >"$state/port"
    folder 755 root:root "$state/pids"
    local both=$service_user:$service_user
    folder 755 root:root "$state/bin"
    folder 750 "root:$service_user" "$state/etc"
    folder 755 root:root "$state/tls"
    folder 700 root:root "$state/site"
    folder 755 root:root "$state/data"
    folder 700 "$both" "$state/data/bztd"
    folder 700 "$both" "$state/data/sandbox"
    folder 700 "$both" "$state/data/platform"
    folder 750 "$both" "$state/run"
    folder 755 root:root "$state/log"
    folder 700 "$web_user:$web_user" "$state/nginx"
    folder 755 root:root "$state/www"
    install -m 755 "${programs[@]/#/build/}" "$state/bin"
    cp -R share/www/. "$state/www"
    chmod -R a+rX "$state/www"
    prepare_tls
    prepare_nginx
    prepare_services
}

# A root of our own, for this machine only, and a certificate for localhost.
prepare_tls() {
    local tls=$state/tls
    if openssl x509 -in "$tls/leaf.pem" -noout -checkend 604800 \
        >/dev/null 2>&1; then return; fi
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
            -nodes -keyout "$tls/root.key" -out "$tls/root.pem" -days 30 \
            -subj '/CN=BZT demo test root' \
            -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
            -addext keyUsage=critical,keyCertSign,cRLSign
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -keyout "$tls/leaf.key" -out "$tls/leaf.csr" -subj /CN=localhost
        printf '%s\n' basicConstraints=critical,CA:FALSE \
            keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
            subjectAltName=DNS:localhost,IP:127.0.0.1 >"$tls/leaf.ext"
        openssl x509 -req -in "$tls/leaf.csr" -CA "$tls/root.pem" \
            -CAkey "$tls/root.key" -CAcreateserial -days 29 \
            -extfile "$tls/leaf.ext" -out "$tls/leaf.pem"
        rm -f "$tls/leaf.csr" "$tls/leaf.ext"
    ) 2>/dev/null || die 'openssl made no certificate'
    chmod 644 "$tls/root.pem" "$tls/leaf.pem"
    chmod 400 "$tls/leaf.key"
    if [[ $EUID == 0 ]]; then chown "$web_user" "$tls/leaf.key"; fi
}

prepare_nginx() {
    # The folder is nginx's own; it could hold links, so root does not write
    # into it.
    share/nginx/fill "$state/etc/nginx" NGINX="$state/nginx" FILES=1024 \
        LOG="$state/nginx/access.log" RATE="${BZT_DEMO_RATE:-1000}" \
        BURST=2000 LOGIN_RATE="${BZT_DEMO_RATE:-100}" LOGIN_BURST=500 HSTS= \
        CERTIFICATE="$state/tls/leaf.pem" KEY="$state/tls/leaf.key" \
        BZTD="server unix:$state/run/bztd.sock;" \
        PLATFORM="$state/run/platform.sock" WWW="$state/www" \
        APP_LISTEN="127.0.0.1:$port" APP_NAME=localhost \
        API_LISTEN="127.0.0.1:$((port + 1))" API_NAME=localhost \
        PLATFORM_LISTEN="127.0.0.1:$((port + 2))" PLATFORM_NAME=localhost
    sed -i 's|^    include .*/bzt.conf;|&\n    include '"$state"'/etc/nginx/platform.conf;|' \
        "$state/etc/nginx/nginx.conf"
    chmod -R a+rX "$state/etc/nginx"
    chmod o+x "$state/etc"
}

# ---- processes

started_at() { # the kernel's start time of a process, as its second name
    local stat
    [[ -r /proc/$1/stat ]] || return 1
    stat=$(<"/proc/$1/stat") || return 1
    stat=${stat##*) }
    set -- $stat
    echo "${20}"
}

# is_alive NAME: the very process that was started, not a later one with its
# number.
is_alive() {
    local pid at
    [[ -r $state/pids/$1 ]] || return 1
    read -r pid at <"$state/pids/$1" || return 1
    [[ $(started_at "$pid" 2>/dev/null) == "$at" ]]
}

# run_in_background NAME COMMAND ...
run_in_background() {
    local name=$1
    shift
    setsid "$@" </dev/null >>"$state/log/$name.log" 2>&1 &
    disown $!
    echo "$! $(started_at $!)" >"$state/pids/$name"
}

# wait_for NAME SECONDS COMMAND ...
wait_for() {
    local name=$1 i
    local -i tries=$(($2 * 10))
    shift 2
    for ((i = 0; i < tries; i++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        is_alive "$name" || die "$name ended; see $state/log/$name.log"
        sleep 0.1
    done
    die "$name does not answer; see $state/log/$name.log"
}

ask() { curl -fsS --max-time 5 --cacert "$state/tls/root.pem" "$@"; }

stop_one() {
    local pid at i
    if is_alive "$1"; then
        read -r pid at <"$state/pids/$1"
        kill -TERM "$pid" 2>/dev/null || true
        for ((i = 0; i < 100; i++)); do
            is_alive "$1" || break
            sleep 0.1
        done
        if is_alive "$1"; then kill -KILL "$pid" 2>/dev/null || true; fi
    fi
    rm -f "$state/pids/$1"
}

stop_all() {
    local name
    for name in nginx platform bztd sandbox; do stop_one "$name"; done
}

status() {
    local name
    for name in nginx bztd sandbox platform; do
        if is_alive "$name"; then
            echo "$name runs, process $(cut -d' ' -f1 "$state/pids/$name")"
        else
            echo "$name does not run"
        fi
    done
}

forget() {
    if [[ ! -e $state ]]; then return; fi
    [[ ! -L $state && -O $state && -d $state/pids ]] ||
        die "$state is not a folder of this demo"
    stop_all
    rm -rf "$state"
}

show_logs() {
    local log
    for log in "$state"/log/*.log; do
        [[ -s $log ]] || continue
        echo "--- $log" >&2
        tail -n 15 "$log" >&2
    done
}
