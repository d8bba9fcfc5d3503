#!/usr/bin/env bash
# swatch 0.4.0 and adobe-color-swatch 1.0.0: two readers of palettes install the same module.
#
# Surprise: the distribution `swatch` reads Adobe Swatch Exchange files (ASE), and
# `adobe-color-swatch` Photoshop's colour swatches (ACO). Both install a top-level module `swatch`. pip
# installs the second over the first without a word, and `import swatch` then has no `parse`: a program
# that reads both formats with these packages cannot, and one that worked breaks when the other package
# arrives.
#
# Harm to users of mixclust: `mixclust colors --palette` writes both formats; who checks the files
# with these two packages needs an environment for each. `mixclust.images.load_palette` reads both.
#
# Prints the names before and after, and exits with 1 when the behaviour has changed. Needs network
# access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
has_parse() {
    "$folder/venv/bin/python" -c 'import swatch; print(hasattr(swatch, "parse"))'
}
install() {
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}
install "setuptools==80.9.0" "swatch==0.4.0"
before=$(has_parse)
install "adobe-color-swatch==1.0.0"
after=$(has_parse)
echo "swatch 0.4.0 alone: parse is there: $before"
echo "adobe-color-swatch 1.0.0 installed as well: parse is there: $after"
if [ "$before $after" = "True False" ]; then
    echo "behaves as described"
else
    echo "BEHAVIOUR HAS CHANGED"
    exit 1
fi
