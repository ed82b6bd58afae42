#!/bin/bash
# A real WordPress over a real MariaDB, all of it under one folder and on loopback.
#
#   wordpress.sh start  DIR [PORT]            install, publish wordpress_posts.json, print the URL
#   wordpress.sh post   DIR TITLE [HTML|-] [STATUS [HOURS_AGO]]
#                                             one more, published or a draft, dated back;
#                                             prints its number ("-": HTML on standard input)
#   wordpress.sh edit   DIR NUMBER TITLE [HTML|-]
#   wordpress.sh publish DIR NUMBER           a draft goes out now
#   wordpress.sh date   DIR NUMBER HOURS_AGO  a published post gets another date
#   wordpress.sh delete DIR NUMBER            to the trash: it leaves the feed
#   wordpress.sh restore DIR NUMBER           out of the trash and published again
#   wordpress.sh stick  DIR NUMBER
#   wordpress.sh option DIR NAME VALUE        a setting; permalink_structure, ping_sites, …
#   wordpress.sh guids  DIR OLD NEW           in each guid, as plugins do that move a site
#   wordpress.sh cron   DIR                   what is due, by a request for wp-cron.php
#   wordpress.sh break  DIR                   each page is a 500 from now on
#   wordpress.sh mend   DIR
#   wordpress.sh move   DIR [PORT]            to another port, with 301 from the old one; prints the new URL
#   wordpress.sh stop   DIR
#
# Feeds: URL/feed/, URL/?feed=rss2, URL/?feed=atom, URL/?feed=rdf. What the seed
# became (number, guid, link, status) is in DIR/posts.json.
#
# It opens no connection to anywhere but loopback and sends no mail: WordPress may
# not fetch elsewhere, its cron waits for the verb, sendmail is /bin/true, MariaDB has no port.
# Needs Debian's wordpress, php-cli, php-mysql, php-xml, php-mbstring, mariadb-server.
set -euo pipefail
trap 'echo "wordpress.sh: line $LINENO: $BASH_COMMAND" >&2' ERR

usage() { sed -n '2,/^# Feeds/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
[ $# -ge 2 ] || usage
verb=$1
dir=$(realpath -m "$2")
shift 2
here=$(cd "$(dirname "$0")" && pwd)
php=(php -d sendmail_path=/bin/true -d display_errors=stderr -d memory_limit=256M)

# The PHP side does the work inside WordPress; the site's own folder is its first argument.
inside() { "${php[@]}" "$here/wordpress.php" "$dir/www" "$@"; }

free_port() {
  php -r '$s = stream_socket_server("tcp://127.0.0.1:0"); echo explode(":", stream_socket_get_name($s, false))[1];'
}

# wait_for WHAT COMMAND…: tries for 30 seconds, then shows what the logs say.
wait_for() {
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "wordpress.sh: $what does not answer; the logs:" >&2
  tail -n 20 "$dir"/log/* >&2
  stop
  exit 1
}

start_database() {
  local me
  me=$(id -un)
  mariadb-install-db --no-defaults --user="$me" --datadir="$dir/db" --skip-test-db \
    --auth-root-authentication-method=normal >"$dir/log/install-db" 2>&1
  echo "CREATE DATABASE wordpress CHARACTER SET utf8mb4;" >"$dir/first.sql"
  # Nothing here outlives the test: durability is traded for a quick start.
  setsid mariadbd --no-defaults --user="$me" --datadir="$dir/db" --init-file="$dir/first.sql" \
    --skip-networking --socket="$dir/db.sock" --pid-file="$dir/mariadbd.pid" \
    --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M \
    >"$dir/log/mariadbd" 2>&1 </dev/null &
  echo $! >"$dir/pid/db"
  wait_for MariaDB mariadb --no-defaults -u root -S "$dir/db.sock" -e 'USE wordpress'
}

write_config() {
  # A copy, not links: PHP finds a site's folder from the place of its files.
  cp -rL /usr/share/wordpress "$dir/www"
  mkdir -p "$dir/www/wp-content/mu-plugins"
  cp "$here/wordpress_plugin.php" "$dir/www/wp-content/mu-plugins/"
  {
    echo '<?php'
    echo "define('DB_NAME', 'wordpress');"
    echo "define('DB_USER', 'root');"
    echo "define('DB_PASSWORD', '');"
    echo "define('DB_HOST', 'localhost:$dir/db.sock');"
    echo "define('DB_CHARSET', 'utf8mb4');"
    echo "define('DB_COLLATE', '');"
    for key in AUTH SECURE_AUTH LOGGED_IN NONCE; do
      echo "define('${key}_KEY', 'for tests only'); define('${key}_SALT', 'for tests only');"
    done
    # From a file, so that a move is one line.
    echo "define('WP_HOME', trim(file_get_contents('$dir/url')));"
    echo "define('WP_SITEURL', WP_HOME);"
    echo "define('WP_HTTP_BLOCK_EXTERNAL', true);"
    echo "define('AUTOMATIC_UPDATER_DISABLED', true);"
    echo "define('DISABLE_WP_CRON', true);"
    echo "\$table_prefix = 'wp_';"
    echo "if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');"
    echo "require_once ABSPATH . 'wp-settings.php';"
  } >"$dir/www/wp-config.php"
}

start() {
  if [ -e "$dir/www" ]; then
    echo "wordpress.sh: $dir holds a site already; stop it and take a new folder" >&2
    exit 1
  fi
  mkdir -p "$dir/log" "$dir/pid"
  port=${1:-$(free_port)}
  url=http://127.0.0.1:$port
  echo "$url" >"$dir/url"
  # The copy and the database take the longest: side by side.
  write_config &
  local copying=$!
  start_database
  wait "$copying"
  inside install >"$dir/log/install" 2>&1 || { cat "$dir/log/install" >&2; stop; exit 1; }
  inside seed "$here/wordpress_posts.json" >"$dir/posts.json"
  serve php "$port" -t "$dir/www"
  wait_for WordPress curl --silent --fail --noproxy '*' "$url/?feed=rss2"
  echo "$url"
}

# serve NAME PORT OPTION…: a group of its own, so that stop reaches the workers too.
serve() {
  local name=$1 at=$2
  shift 2
  PHP_CLI_SERVER_WORKERS=4 setsid "${php[@]}" -S "127.0.0.1:$at" "$@" >>"$dir/log/$name" 2>&1 </dev/null &
  echo $! >"$dir/pid/$name"
}

move() {
  local old=$(<"$dir/url") moved
  port=${1:-$(free_port)}
  url=http://127.0.0.1:$port
  echo "$url" >"$dir/url"
  moved=moved-${old##*:}
  mv "$dir/pid/php" "$dir/pid/$moved"
  serve php "$port" -t "$dir/www"
  wait_for WordPress curl --silent --fail --noproxy '*' "$url/?feed=rss2"
  kill -- "-$(cat "$dir/pid/$moved")"
  # Its workers share the port until the last of them is gone.
  while kill -0 -- "-$(cat "$dir/pid/$moved")" 2>/dev/null; do sleep 0.02; done
  echo "<?php header('Location: $url' . \$_SERVER['REQUEST_URI'], true, 301);" >"$dir/$moved.php"
  serve "$moved" "${old##*:}" "$dir/$moved.php"
  wait_for "the old address" curl --silent --fail --noproxy '*' "$old/"
  echo "$url"
}

stop() {
  local file
  for file in "$dir"/pid/*; do
    [ -e "$file" ] || continue
    kill -- "-$(cat "$file")" 2>/dev/null || true
    rm -f "$file"
  done
}

body() { if [ "${1:-}" = - ]; then cat; else printf %s "${1:-<p>text</p>}"; fi; }

case $verb in
start) start "$@" ;;
post) [ $# -ge 1 ] || usage; body "${2:-}" | inside post "$1" "${@:3}" ;;
edit) [ $# -ge 2 ] || usage; body "${3:-}" | inside edit "$1" "$2" ;;
publish | delete | restore | stick) [ $# -ge 1 ] || usage; inside "$verb" "$1" ;;
date | option | guids) [ $# -ge 2 ] || usage; inside "$verb" "$1" "$2" ;;
cron) curl --silent --show-error --fail --noproxy '*' "$(cat "$dir/url")/wp-cron.php" ;;
break) touch "$dir/www/broken" ;;
mend) rm "$dir/www/broken" ;;
move) move "$@" ;;
stop) stop ;;
*) usage ;;
esac
