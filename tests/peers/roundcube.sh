#!/bin/bash
# roundcube.sh FOLDER PORT IMAP_PORT: a Roundcube of its own on loopback (Debian:
# roundcube-core, roundcube-sqlite3), for the mails of the IMAP server at IMAP_PORT.
# Runs until it is killed, and touches nothing outside FOLDER.
set -euo pipefail
folder=$(realpath "$1") port=$2 imap_port=$3
mkdir -p "$folder/config" "$folder/temp" "$folder/logs"
cp /etc/roundcube/defaults.inc.php /etc/roundcube/mimetypes.php "$folder/config"
php -r '(new PDO("sqlite:$argv[1]"))->exec(file_get_contents($argv[2]));' \
  "$folder/db" /usr/share/roundcube/SQL/sqlite.initial.sql
cat >"$folder/config/config.inc.php" <<END
<?php
\$config = [
  'db_dsnw' => 'sqlite:///$folder/db?mode=0600',
  'imap_host' => '127.0.0.1:$imap_port',
  'des_key' => 'of-twenty-four-letters-x',
  'temp_dir' => '$folder/temp/',
  'log_dir' => '$folder/logs/',
  'plugins' => [],
  'skin' => 'elastic',
  'show_images' => 2,
];
END
export ROUNDCUBE_CONFIG_DIR=$folder/config RCUBE_CONFIG_PATH=$folder/config
exec php -S "127.0.0.1:$port" -t /var/lib/roundcube
