#!/usr/bin/env bash
# R's mclust 6.0.0: with a prior, the M step of the model EEI does not shrink the means.
#
# Surprise: mstep(X, model, z, prior = priorControl()) gives the mode of the posterior, in which a mean
# is (n a + kappa m) / (n + kappa): the weighted mean a of a component's n rows, drawn to the mean m of
# all rows, with kappa = 0.01 (Fraley and Raftery 2007). On the iris measurements in three groups the
# means of EII, VII, VVI, EEE and VVV are these to 1e-14. Those of EEI are the plain weighted means,
# 5e-4 away: the prior acts on its covariances alone.
#
# Harm to users of mixclust: fits of EEI ("tied-diag") with a prior differ from mclust's in the fourth
# digit. GaussianMixture shrinks the means of all fourteen models (docs/noise-and-priors.md,
# tests/mixture/test_priors.py); docs/coming-from-mclust.md says so.
#
# Prints the distances, and exits with 1 when the behaviour has changed. Needs R (Debian's r-base-core)
# and Debian's package archive.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download --quiet=2 "r-cran-mclust=6.0.0-1" && dpkg-deb -x ./*.deb unpacked)

R_LIBS="$folder/unpacked/usr/lib/R/site-library" Rscript --vanilla - <<'R'
suppressMessages(library(mclust))
cat("mclust", format(packageVersion("mclust")), "\n")
X <- as.matrix(iris[, 1:4])
z <- unmap(as.integer(iris$Species))
count <- colSums(z)
plain <- sweep(t(X) %*% z, 2, count, "/")
shrunk <- sweep(sweep(plain, 2, count, "*") + 0.01 * colMeans(X), 2, count + 0.01, "/")
is_shrunk <- c()
for (model in c("EII", "VII", "EEI", "VVI", "EEE", "VVV")) {
  means <- mstep(X, model, z, prior = priorControl())$parameters$mean
  from_plain <- max(abs(means - plain))
  from_shrunk <- max(abs(means - shrunk))
  is_shrunk[model] <- from_shrunk < 1e-12 && from_plain > 1e-4
  if (model == "EEI") plain_eei <- from_plain
  cat(sprintf("%s: %.1e from the weighted means, %.1e from the mode\n",
              model, from_plain, from_shrunk))
}
as_described <- plain_eei < 1e-12 && all(is_shrunk[names(is_shrunk) != "EEI"])
cat(if (as_described) "behaves as described\n" else "BEHAVIOUR HAS CHANGED\n")
quit(status = if (as_described) 0 else 1)
R
