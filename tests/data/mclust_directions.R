# Writes mclust_directions.txt: directions of MclustDR, for tests/mixture/test_directions.py.
#
#     Rscript mclust_directions.R > mclust_directions.txt
#
# The covariance of all rows is the one of the mixture, which mclust takes as an argument.
suppressMessages(library(mclust))

put <- function(name, values) cat(name, format(as.numeric(values), digits = 17), "\n")

directions <- function(name, X, G, modelName) {
  model <- Mclust(X, G = G, modelNames = modelName, verbose = FALSE)
  found <- model$parameters
  put(paste0(name, ".weights"), found$pro)
  put(paste0(name, ".means"), found$mean)               # component after component
  put(paste0(name, ".covariances"), found$variance$sigma)
  off <- found$mean - as.vector(found$mean %*% found$pro)
  Sigma <- off %*% diag(found$pro) %*% t(off)
  for (k in 1:G) Sigma <- Sigma + found$pro[k] * found$variance$sigma[, , k]
  for (lambda in c(0.5, 1)) {
    reduced <- MclustDR(model, lambda = lambda, normalized = FALSE, Sigma = Sigma)
    put(paste0(name, ".", lambda, ".eigenvalues"), reduced$evalues[1:reduced$numdir])
    put(paste0(name, ".", lambda, ".basis"), reduced$basis)  # direction after direction
  }
}

cat("# mclust", as.character(packageVersion("mclust")), "\n")
data(diabetes)
directions("diabetes", diabetes[, -1], 3, "VVV")
directions("iris", iris[, 1:4], 3, "EEE")
