#!/usr/bin/env bash
# Make the programs available that only the tests need: Chromium, CJK fonts, Mosquitto. Touches nothing that is there.
# As root missing ones are installed. Otherwise they are unpacked below DIR, and DIR/env says how to reach them:
#   usage: tests/debian_packages.sh DIR; . DIR/env
set -euo pipefail

dir=${1:?usage: tests/debian_packages.sh DIR}
cjk_fonts=/usr/share/fonts/opentype/noto
PATH=$PATH:/usr/sbin:/sbin

missing() {
	if ! command -v chromium >/dev/null; then echo chromium; fi
	if ! command -v mosquitto >/dev/null; then echo mosquitto; fi
	if ! compgen -G "$cjk_fonts/NotoSansCJK*" >/dev/null; then echo fonts-noto-cjk; fi
}

mapfile -t wanted < <(missing)
if [ ${#wanted[@]} -eq 0 ]; then
	# A directory left from a time when they were missing is not used any more.
	rm -rf "$dir"
	exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
	echo "the tests need ${wanted[*]}, and this is no Debian: install them and run again" >&2
	exit 1
fi

if [ "$(id -u)" = 0 ]; then
	echo "tests: installing ${wanted[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq install --yes --no-install-recommends "${wanted[@]}" >/dev/null
	rm -rf "$dir"
	exit 0
fi

[ -f "$dir/complete" ] && [ "$(cat "$dir/complete")" = "${wanted[*]}" ] && exit 0
echo "tests: unpacking ${wanted[*]} below $dir"
rm -rf "$dir"
mkdir -p "$dir"/{root,bin,state/lists/partial,cache/archives/partial}
dir=$(cd "$dir" && pwd)

# A private apt: the system's sources and its record of what is installed, but our own lists and archives.
cat >"$dir/apt.conf" <<-END
	Dir::State "$dir/state";
	Dir::State::status "/var/lib/dpkg/status";
	Dir::Cache "$dir/cache";
	Debug::NoLocking "true";
	APT::Sandbox::User "";
	APT::Install-Recommends "false";
END
export APT_CONFIG="$dir/apt.conf"
apt-get -qq update
apt-get -qq --yes --download-only install "${wanted[@]}" >/dev/null
for package in "$dir"/cache/archives/*.deb; do
	dpkg -x "$package" "$dir/root"
done
rm -rf "$dir/cache" "$dir/state"

# The libraries of the unpacked packages are for the unpacked programs only, hence a wrapper for each.
libraries=$(find "$dir/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
wrap() { # NAME PROGRAM
	printf '#!/bin/sh\nLD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "%s" "$@"\n' "$libraries" "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}
if [ -x "$dir/root/usr/lib/chromium/chromium" ]; then wrap chromium "$dir/root/usr/lib/chromium/chromium"; fi
if [ -x "$dir/root/usr/sbin/mosquitto" ]; then wrap mosquitto "$dir/root/usr/sbin/mosquitto"; fi

cat >"$dir/fonts.conf" <<-END
	<?xml version="1.0"?>
	<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
	<fontconfig>
	  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
	  <dir>/usr/share/fonts</dir>
	  <dir>$dir/root/usr/share/fonts</dir>
	  <cachedir>$dir/fontcache</cachedir>
	</fontconfig>
END
cat >"$dir/env" <<-END
	export PATH="$dir/bin:\$PATH"
	export FONTCONFIG_FILE="$dir/fonts.conf"
END
echo "${wanted[*]}" >"$dir/complete"
