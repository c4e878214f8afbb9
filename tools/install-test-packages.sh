#!/bin/sh
# Brings what the tests need beside Python: three browsers, a font that has Chinese, a PostgreSQL server. Does nothing when they are there.
set -eu

missing=""
if [ -z "${CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ] && ! command -v chromium-browser >/dev/null 2>&1; then
    missing="$missing chromium"
fi
if ! command -v firefox-esr >/dev/null 2>&1 && ! command -v firefox >/dev/null 2>&1; then
    missing="$missing firefox-esr"
fi
if ! command -v WebKitWebDriver >/dev/null 2>&1; then
    missing="$missing webkit2gtk-driver"
fi
if ! command -v Xvfb >/dev/null 2>&1; then
    missing="$missing xvfb"
fi
if ! command -v postgres >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    missing="$missing postgresql"
fi
if command -v fc-list >/dev/null 2>&1; then
    [ -n "$(fc-list :lang=zh)" ] || missing="$missing fonts-noto-cjk"
elif [ ! -d /usr/share/fonts/opentype/noto ]; then
    missing="$missing fonts-noto-cjk"
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need:$missing. Install them with this system's package manager, then run make test again." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "The tests need:$missing. Ask an administrator to install them." >&2; exit 1; }
    as_root="sudo"
fi
echo "installing$missing for the tests …"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
