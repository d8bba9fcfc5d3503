# Fits of mclust 6.0.0 to four tables, with fourteen models and one to nine components: plain, with
# noise, with the default prior and with both; after one iteration of me() and at its end. Run as
#     Rscript mclust_models.R FOLDER_OF_TABLES | gzip -9n > mclust_models.csv.gz
# with iris.csv, faithful.csv, diabetes.csv and banknote.csv, numbers of the features alone.
#
# All begin at the same responsibilities: the rows in K groups of nearly equal size by the sum of
# their standardised features, and with noise every twelfth row in none of them. Columns:
#     first_*         after one iteration; first_expected is the objective of its M step, without a prior
#                     the expected log-likelihood of rows and components under the responsibilities
#     gap             why mclust gives no number at the end
#     other columns   at the end, where the log-likelihood changes by less than 1e-14 of it
# FOLDER_OF_TABLES/TABLE-OPTION-MODEL-K.bin gets the responsibilities at the ends of EVE and VVE.
suppressMessages(library(mclust))
options(warn = -1)
folder <- commandArgs(trailingOnly = TRUE)[1]
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV",
            "EVV", "VVV")
once <- emControl(eps = 0, tol = c(0, 1e-14), itmax = c(1, 100000))
to_the_end <- emControl(eps = 0, tol = c(1e-14, 1e-14), itmax = c(20000, 100000))
number <- function(value) if (is.na(value)) "" else sprintf("%.12g", value)

# Log-likelihood, BIC and ICL of a fit; NA where mclust has none.
criteria <- function(fit, model, n, d, K, has_noise) {
  if (is.na(fit$loglik)) return(c(NA, NA, NA))
  bic <- bic(model, fit$loglik, n, d, K, noise = has_noise)
  c(fit$loglik, bic, bic + 2 * sum(log(apply(fit$z, 1, max))))
}

# The objective of the M step that follows responsibilities z.
expected <- function(fit, X, z, Vinv) {
  log_density <- as.matrix(cdens(X, modelName = fit$modelName, parameters = fit$parameters,
                                 logarithm = TRUE))
  if (!is.null(Vinv)) log_density <- cbind(log_density, log(Vinv))
  sum(ifelse(z > 0, z * sweep(log_density, 2, log(fit$parameters$pro), "+"), 0))
}

cat("table,option,model,n_components,volume,n_parameters,first_log_likelihood,first_icl,",
    "first_expected,log_likelihood,bic,icl,gap\n", sep = "")
for (table in c("iris", "faithful", "diabetes", "banknote")) {
  X <- as.matrix(read.csv(file.path(folder, paste0(table, ".csv"))))
  n <- nrow(X)
  d <- ncol(X)
  ranks <- rank(round(rowSums(scale(X)), 9), ties.method = "first") - 1
  volume <- hypvol(X, reciprocal = FALSE)
  for (option in c("plain", "noise", "prior", "both")) {
    has_noise <- option %in% c("noise", "both")
    prior <- if (option %in% c("prior", "both")) priorControl() else NULL
    Vinv <- if (has_noise) 1 / volume else NULL
    for (K in 1:9) {
      z <- unmap(floor(ranks * K / n) + 1)
      if (has_noise) {
        noisy <- 1:n %% 12 == 0
        z <- cbind(z * !noisy, noisy * 1)
      }
      for (model in models) {
        first <- me(data = X, modelName = model, z = z, prior = prior, control = once, Vinv = Vinv)
        last <- me(data = X, modelName = model, z = z, prior = prior, control = to_the_end,
                   Vinv = Vinv)
        values <- c(if (has_noise) volume else NA,
                    nMclustParams(model, d, K, noise = has_noise),
                    criteria(first, model, n, d, K, has_noise)[c(1, 3)],
                    if (is.null(prior)) expected(first, X, z, Vinv) else NA,
                    criteria(last, model, n, d, K, has_noise))
        gap <- if (is.na(last$loglik)) attr(last, "WARNING") else ""
        cat(table, option, model, K, sapply(values, number), gap, sep = ",")
        cat("\n")
        if (model %in% c("EVE", "VVE") && !is.na(last$loglik)) {
          name <- paste0(paste(table, option, model, K, sep = "-"), ".bin")
          writeBin(as.vector(t(last$z)), file.path(folder, name))
        }
      }
    }
  }
}
