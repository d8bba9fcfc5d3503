# Writes mclust_selection_options.csv: the log-likelihood and the number of parameters of models and
# sizes that R's mclust fits to iris, with its default prior and with noise. EM runs to the end.
# Usage: Rscript mclust_selection_options.R
suppressMessages(library(mclust))
X <- as.matrix(iris[, 1:4])
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "EEV", "VEV", "VVV")
control <- emControl(tol = c(1e-12, 1e-12), itmax = c(20000, 20000))
noisy <- which(1:150 %% 12 == 0)
rows <- NULL
for (option in c("prior", "noise")) {
  fit <- function(...) {
    mclustBIC(X, G = 1:5, modelNames = models, control = control, verbose = FALSE, ...)
  }
  if (option == "prior") {
    bic <- fit(prior = priorControl())
  } else {
    bic <- fit(initialization = list(noise = noisy))
    cat(sprintf("volume of noise: %.9f\n", 1 / attr(bic, "Vinv")))
  }
  for (model in models) {
    for (size in 1:5) {
      df <- nMclustParams(model, ncol(X), size, noise = option == "noise")
      loglik <- (bic[as.character(size), model] + df * log(nrow(X))) / 2
      rows <- rbind(rows, data.frame(
        option, model, n_components = size, n_parameters = df,
        log_likelihood = if (is.na(loglik)) "" else sprintf("%.9f", loglik)
      ))
    }
  }
}
write.csv(rows, "mclust_selection_options.csv", row.names = FALSE, quote = FALSE)
