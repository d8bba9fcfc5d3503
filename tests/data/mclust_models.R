# Fits of mclust 6.0.0 to four tables, from the same responsibilities: the rows in K groups of
# nearly equal size by the sum of their standardised features. Run as
#     Rscript mclust_models.R FOLDER_OF_TABLES > mclust_models.csv
# with iris.csv, faithful.csv, diabetes.csv and banknote.csv, numbers of the features alone.
suppressMessages(library(mclust))
folder <- commandArgs(trailingOnly = TRUE)[1]
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV",
            "EVV", "VVV")
control <- emControl(eps = 0, tol = c(1e-12, 1e-12), itmax = c(20000, 20000))
cat("table,model,n_components,first_log_likelihood,log_likelihood,n_parameters,bic,icl\n")
number <- function(value) if (is.na(value)) "" else sprintf("%.12g", value)
for (table in c("iris", "faithful", "diabetes", "banknote")) {
  X <- as.matrix(read.csv(file.path(folder, paste0(table, ".csv"))))
  n <- nrow(X)
  ranks <- rank(round(rowSums(scale(X)), 9), ties.method = "first") - 1
  for (K in 1:9) {
    z <- unmap(floor(ranks * K / n) + 1)
    for (model in models) {
      first <- tryCatch({
        step <- mstep(data = X, modelName = model, z = z, prior = NULL,
                      control = emControl(eps = 0, tol = c(1e-12, 1e-14), itmax = c(1, 100000)))
        estep(data = X, modelName = model, parameters = step$parameters)$loglik
      }, error = function(e) NA)
      fit <- tryCatch(me(data = X, modelName = model, z = z, control = control),
                      error = function(e) NULL)
      last <- if (is.null(fit) || is.null(fit$loglik)) NA else fit$loglik
      df <- nMclustParams(model, ncol(X), K)
      bic <- 2 * last - df * log(n)
      icl <- NA
      if (!is.na(last)) {
        again <- estep(data = X, modelName = model, parameters = fit$parameters)
        icl <- bic + 2 * sum(log(apply(again$z, 1, max)))
      }
      cat(table, model, K, number(first), number(last), df, number(bic), number(icl), sep = ",")
      cat("\n")
    }
  }
}
