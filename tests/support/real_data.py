"""The data sets that scikit-learn ships, and blobs."""

from sklearn import datasets

DATA = {
    "iris": datasets.load_iris().data,
    "wine": datasets.load_wine().data,
    "digits": datasets.load_digits().data,
    "breast cancer": datasets.load_breast_cancer().data,
    "blobs": datasets.make_blobs(2000, 5, centers=12, cluster_std=1.5, random_state=3)[0],
}
