# Writes mclust_selection.csv: the log-likelihood and the number of parameters of every model and
# size that R's mclust fits to four small tables. Usage: Rscript mclust_selection.R FOLDER, with
# iris.csv, faithful.csv, diabetes.csv and banknote.csv in FOLDER (a header, numbers, perhaps labels).
suppressMessages(library(mclust))
folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- NULL
for (table in c("iris", "faithful", "diabetes", "banknote")) {
  columns <- read.csv(file.path(folder, paste0(table, ".csv")))
  X <- as.matrix(columns[sapply(columns, is.numeric)])
  bic <- mclustBIC(X, G = 1:9, verbose = FALSE)
  for (model in colnames(bic)) {
    for (size in 1:9) {
      df <- nMclustParams(model, ncol(X), size)
      loglik <- (bic[size, model] + df * log(nrow(X))) / 2
      rows <- rbind(rows, data.frame(
        table, model, n_components = size, n_parameters = df,
        log_likelihood = if (is.na(loglik)) "" else sprintf("%.9f", loglik)
      ))
    }
  }
}
write.csv(rows, "mclust_selection.csv", row.names = FALSE, quote = FALSE)
