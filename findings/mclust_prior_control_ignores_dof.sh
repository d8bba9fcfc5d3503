#!/usr/bin/env bash
# R's mclust 6.0.0: priorControl(dof = ...) has no effect, and nothing says so.
#
# Surprise: the help of defaultPrior lists the arguments dof, scale, shrinkage and mean of a prior.
# defaultPrior reads the last three and sets dof to d + 2, for d features, also where another was given; there is
# no error and no warning. On the iris measurements in the groups of their species, the covariances
# of VVV are the same to the last bit for 6 and for 600 degrees of freedom. A prior function that
# returns another dof changes them.
#
# Harm to users of mixclust: mclust calls with another dof, translated as docs/coming-from-mclust.md
# says, give other covariances here, since prior={"dof": ...} of GaussianMixture has the effect that
# its name says (docs/noise-and-priors.md, tests/mixture/test_priors.py). The page names this.
#
# Prints the differences, and exits with 1 when the behaviour has changed. Needs R (Debian's
# r-base-core) and Debian's package archive.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download --quiet=2 "r-cran-mclust=6.0.0-1" && dpkg-deb -x ./*.deb unpacked)

R_LIBS="$folder/unpacked/usr/lib/R/site-library" Rscript --vanilla - <<'R'
suppressMessages(library(mclust))
options(warn = 2)
cat("mclust", format(packageVersion("mclust")), "\n")
X <- as.matrix(iris[, 1:4])
z <- unmap(as.integer(iris$Species))
covariances <- function(...) {
  mstep(X, "VVV", z, prior = priorControl(...))$parameters$variance$sigma
}
default <- covariances()
largest_change <- function(...) max(abs(covariances(...) / default - 1))
given_dof <- function(data, G, modelName, dof) {
  modifyList(defaultPrior(data, G, modelName), list(dof = dof))
}
changes <- c("dof = 600" = largest_change(dof = 600),
             "scale = diag(4)" = largest_change(scale = diag(4)),
             "shrinkage = 5" = largest_change(shrinkage = 5),
             "a function with dof = 600" = largest_change(functionName = "given_dof", dof = 600))
cat(sprintf("%s: covariances change by up to %.3g of them\n", names(changes), changes), sep = "")
as_described <- changes[1] == 0 && all(changes[-1] > 0.1)
cat(if (as_described) "behaves as described\n" else "BEHAVIOUR HAS CHANGED\n")
quit(status = if (as_described) 0 else 1)
R
