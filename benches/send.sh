#!/bin/bash
# Measures how fast Postbell sends, beside programs that do the least possible
# work for the same, and prints each figure as a ratio within this run.
#
#   benches/send.sh all              every row
#   benches/send.sh plain10 signup   some of them
#   benches/send.sh --list           what rows there are
#   benches/send.sh plain10 --rounds 1 --mails 10000
#
# Needs Debian (or what is named below, by other means) and a release build:
# `cargo build --release`. benches/README.md says how to read the figures.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin

# Debian's package and a program (or file) of it that tells whether it is there.
declare -A needed=(
  [postfix]=smtp-sink [wrk]=wrk [openssl]=openssl [python3]=python3 [sqlite3]=sqlite3
  [nginx-light]=nginx [libnginx-mod-stream]=/usr/lib/nginx/modules/ngx_stream_module.so
  [postgresql-15]=/usr/lib/postgresql/15/bin/pgbench
)
missing=()
for package in "${!needed[@]}"; do
  command -v "${needed[$package]}" >/dev/null || [ -e "${needed[$package]}" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "send: missing here; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "send: installing ${missing[*]}" >&2
  guard=/usr/sbin/policy-rc.d
  if [ ! -e "$guard" ]; then
    # Debian starts what it installs, unless this file says no.
    trap 'rm -f "$guard"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
  fi
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
  apt-get --quiet=2 update
  DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 install --no-install-recommends "${missing[@]}" >/dev/null
  if [ -n "$(trap -p EXIT)" ]; then rm -f "$guard"; trap - EXIT; fi
fi

exec python3 benches/send "$@"
