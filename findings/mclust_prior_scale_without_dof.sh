#!/usr/bin/env bash
# R's mclust 6.0.0: with a prior, me() divides by other counts than the mode for four models.
#
# Surprise: the mode of the posterior (Fraley and Raftery 2007) adds the scale of the prior to the
# scatter of a covariance and the degrees of freedom v to the count that divides it. For n rows of a
# component, N rows in all, d features and K components, me() adds the scale as often as the mode,
# but v only once in all for EVI and EEV, in place of K times; once a component for VEI, in place of
# d times; and not at all for VEV. The volumes of these models are larger by factors that depend on
# K, d and n. EII adds v but no scale: its variance is the same for scales of 1e-3 and 1e3. VII, VVI,
# EEE and VVV are the mode.
#
# Harm to users of mixclust: fits of EII, VEI, EVI, EEV and VEV with a prior differ from mclust's, by
# up to 9 % of the log-likelihood after an iteration. GaussianMixture finds the mode of the posterior
# in all fourteen models (docs/noise-and-priors.md). With the divisors below, the log-likelihoods of
# both agree to 1e-6 (tests/mixture/test_mclust_models.py); docs/coming-from-mclust.md lists them.
#
# Prints factors of volumes, and exits with 1 when the behaviour has changed. Needs R (Debian's
# r-base-core) and Debian's package archive.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download --quiet=2 "r-cran-mclust=6.0.0-1" && dpkg-deb -x ./*.deb unpacked)

R_LIBS="$folder/unpacked/usr/lib/R/site-library" Rscript --vanilla - <<'R'
suppressMessages(library(mclust))
cat("mclust", format(packageVersion("mclust")), "\n")
X <- as.matrix(iris[, 1:4])
z <- unmap(as.integer(iris$Species))
N <- 150; n <- 50; d <- 4; K <- 3; low <- 6; high <- 600

# Volume of the first component after an iteration, under the default prior with some changes. The
# degrees of freedom need a function: priorControl(dof = ) has no effect.
changed_prior <- function(data, G, modelName, changes) {
  modifyList(defaultPrior(data, G, modelName), changes)
}
volume <- function(model, ...) {
  prior <- priorControl(functionName = "changed_prior", changes = list(...))
  fit <- me(X, model, z, prior = prior, control = emControl(tol = c(0, 1e-14), itmax = c(1, 1e5)))
  det(fit$parameters$variance$sigma[, , 1])^(1 / d)
}

by_scale <- sapply(c("VII", "EII"), function(model) {
  volume(model, scale = 1e3) / volume(model, scale = 1e-3)
})
cat(sprintf("a scale of 1e3 in place of 1e-3 multiplies volumes: VII by %.4g, EII by %.4g\n",
            by_scale["VII"], by_scale["EII"]))
as_described <- by_scale["VII"] > 2 && by_scale["EII"] == 1

# Divisors of a volume as functions of the degrees of freedom v: at the mode, and as described.
mode <- list(VII = function(v) (n + 1) * d + v + 2, VVI = function(v) n + v + 3,
             VVV = function(v) n + v + d + 2, VEI = function(v) d * (n + v + 3),
             EVI = function(v) N + K * (v + 3), EEV = function(v) N + K * (v + d + 2),
             VEV = function(v) d * (n + v + d + 2))
found <- modifyList(mode, list(
  VEI = function(v) n * d + v + 3, EVI = function(v) N + v + 2,
  EEV = function(v) N + v + d + 2, VEV = function(v) n * d
))
cat("degrees of freedom of", low, "in place of", high, "multiply volumes:\n")
for (model in names(mode)) {
  factor <- volume(model, dof = low) / volume(model, dof = high)
  expected <- sapply(c(mode[model], found[model]), function(divisor) divisor(high) / divisor(low))
  cat(sprintf("  %s by %.4f; at the mode %.4f, described %.4f\n",
              model, factor, expected[1], expected[2]))
  as_described <- as_described && abs(factor / expected[2] - 1) < 1e-6
}
cat(if (as_described) "behaves as described\n" else "BEHAVIOUR HAS CHANGED\n")
quit(status = if (as_described) 0 else 1)
R
