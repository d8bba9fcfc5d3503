# One iteration of mclust 6.0.0 on four tables, with noise, with its default prior and with both, from
# the same responsibilities: the rows in K groups of nearly equal size by the sum of their
# standardised features, and with noise every twelfth row in none of them. Run as
#     Rscript mclust_options.R FOLDER_OF_TABLES > mclust_options.csv
# with iris.csv, faithful.csv, diabetes.csv and banknote.csv, numbers of the features alone.
suppressMessages(library(mclust))
options(warn = -1)
folder <- commandArgs(trailingOnly = TRUE)[1]
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV",
            "EVV", "VVV")
control <- emControl(eps = 0, tol = c(0, 1e-14), itmax = c(1, 100000))
cat("table,option,model,n_components,log_likelihood,n_parameters,volume\n")
number <- function(value) if (is.na(value)) "" else sprintf("%.12g", value)
for (table in c("iris", "faithful", "diabetes", "banknote")) {
  X <- as.matrix(read.csv(file.path(folder, paste0(table, ".csv"))))
  n <- nrow(X)
  ranks <- rank(round(rowSums(scale(X)), 9), ties.method = "first") - 1
  volume <- hypvol(X, reciprocal = FALSE)
  for (option in c("noise", "prior", "both")) {
    for (K in 1:9) {
      z <- unmap(floor(ranks * K / n) + 1)
      Vinv <- prior <- NULL
      if (option != "noise") prior <- priorControl()
      if (option != "prior") {
        noisy <- 1:n %% 12 == 0
        z <- cbind(z * !noisy, noisy * 1)
        Vinv <- 1 / volume
      }
      for (model in models) {
        fit <- tryCatch(me(data = X, modelName = model, z = z, prior = prior, control = control,
                           Vinv = Vinv), error = function(e) NULL)
        last <- if (is.null(fit) || is.null(fit$loglik)) NA else fit$loglik
        df <- nMclustParams(model, ncol(X), K, noise = option != "prior")
        cat(table, option, model, K, number(last), df, number(volume), sep = ",")
        cat("\n")
      }
    }
  }
}
