# Writes mclust_merging.txt: mixtures fitted by mclust, the paths of clustCombi, and standard errors
# of MclustBootstrap, for tests/mixture/test_merging.py and test_bootstrap.py.
#
#     Rscript mclust_merging.R > mclust_merging.txt
#
# Responsibilities are computed anew under the final parameters: the ones that Mclust keeps belong
# to the parameters of the iteration before.
suppressMessages(library(mclust))

put <- function(name, values) cat(name, format(as.numeric(values), digits = 17), "\n")

parameters <- function(name, model) {
  found <- model$parameters
  put(paste0(name, ".weights"), found$pro)
  put(paste0(name, ".means"), found$mean)               # component after component
  put(paste0(name, ".covariances"), found$variance$sigma)
}

merging <- function(name, X, G, modelName) {
  model <- Mclust(X, G = G, modelNames = modelName, verbose = FALSE)
  model$z <- estep(model$data, modelName, model$parameters)$z
  path <- clustCombi(model)
  parameters(name, model)
  put(paste0(name, ".entropies"), sapply(G:1, function(k) -sum(mclust:::xlog(path$combiz[[k]]))))
  merges <- c()
  counts <- c()
  for (k in G:2) {
    matrix <- path$combiM[[k - 1]]
    two <- which(matrix[rowSums(matrix) == 2, ] == 1)
    merges <- c(merges, two - 1)
    counts <- c(counts, sum(path$classification[[k]] %in% two))
  }
  put(paste0(name, ".merges"), merges)
  put(paste0(name, ".merged_counts"), counts)
  put(paste0(name, ".n_clusters"), clustCombiOptim(path)$numClusters.combi)
  put(paste0(name, ".sizes_of_3"), table(path$classification[[3]]))
}

bootstrap <- function(name, model, type, nboot) {
  set.seed(1)
  errors <- summary(MclustBootstrap(model, nboot = nboot, type = type, verbose = FALSE), what = "se")
  put(paste0(name, ".", type, ".weights"), errors$pro)
  put(paste0(name, ".", type, ".means"), errors$mean)
  put(paste0(name, ".", type, ".covariances"), errors$variance)
}

cat("# mclust", as.character(packageVersion("mclust")), "\n")
data(diabetes)
merging("faithful", faithful, 6, "VVV")
merging("diabetes", diabetes[, -1], 5, "VVI")
merging("iris", iris[, 1:4], 5, "EEE")
model <- Mclust(diabetes[, -1], G = 3, modelNames = "VVV", verbose = FALSE)
parameters("bootstrap", model)
bootstrap("bootstrap", model, "wlbs", 499)              # it stops at a gain of 1e-5 nats
model$control <- emControl(tol = c(1e-9, 1e-9))         # "bs" would stop at a gain of 1e-5 of all
bootstrap("bootstrap", model, "bs", 4999)
