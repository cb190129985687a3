#!/bin/sh
# Installs what is missing on a Debian machine, and nothing else.
#
#   setup.sh run    PostgreSQL's server programs, Node.js with npm
#   setup.sh test   the same, and Chromium for the browser tests
#
# Root installs; an ordinary user does so where sudo asks for no password, and
# is otherwise told in one line what to install. Nothing is ever asked.
set -eu

fail() {
	echo "$*" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

have_postgres() {
	[ -n "${PG_BINDIR:-}" ] && return 0
	for program in /usr/lib/postgresql/*/bin/postgres; do
		[ -x "$program" ] && return 0
	done
	have postgres && have initdb
}

have_chromium() { have chromium || have chromium-browser || have google-chrome; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The lists of packages are fetched only if the install fails without.
install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1 && return 0
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null >/dev/null
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null
}

# Rung needs the programs alone, but the package also makes a cluster and starts
# it on port 5432 at every boot. Its own switch for that is a line in a file of
# postgresql-common: it is set for the length of the installation and then taken
# back, so that whoever installs PostgreSQL on this machine for another purpose
# finds it as Debian made it. A machine that had postgresql-common before is
# somebody's choice, and is left to it.
install_postgres() {
	switch=/etc/postgresql-common/createcluster.conf
	if [ -e "$switch" ]; then
		install postgresql
		return
	fi
	install postgresql-common
	if [ ! -f "$switch" ]; then
		install postgresql
		return
	fi
	as_root cp -p "$switch" "$switch.before-rung"
	trap 'as_root mv -f "$switch.before-rung" "$switch"' EXIT
	trap 'exit 1' HUP INT TERM
	echo 'create_main_cluster = false' | as_root tee -a "$switch" >/dev/null
	install postgresql
	as_root mv -f "$switch.before-rung" "$switch"
	trap - EXIT HUP INT TERM
}

have go || fail "Go is not on the PATH: install it from https://go.dev/dl/ (see go.mod for the version)."

missing=
have_postgres || missing="$missing postgresql"
have node || missing="$missing nodejs"
have npm || missing="$missing npm"
case "${1:-run}" in
run) ;;
test) have_chromium || missing="$missing chromium" ;;
*) fail "usage: setup.sh run|test" ;;
esac
[ -n "$missing" ] || exit 0

have apt-get || fail "Please install, by your system's own means:$missing"
if [ "$(id -u)" != 0 ] && ! { have sudo && sudo -n true 2>/dev/null; }; then
	fail "Please have these installed first: apt-get install --no-install-recommends$missing"
fi

echo "Installing:$missing"
others=
for package in $missing; do
	if [ "$package" = postgresql ]; then install_postgres; else others="$others $package"; fi
done
# shellcheck disable=SC2086 # a list of words
[ -z "$others" ] || install $others
