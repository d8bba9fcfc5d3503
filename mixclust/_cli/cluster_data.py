"""The contents of the reports of ``mixclust cluster`` and ``mixclust predict`` as plain data."""

from .._version import __version__
from .cluster_advice import find_counters, find_dependences, find_labels
from .cluster_contrast import contrast_of
from .row_labels import NOISE

__all__ = ["best_mixture", "cluster_data", "predict_data", "table_data", "written_files"]

CRITERIA = ("log_likelihood", "n_parameters", "bic", "aic", "icl")


def cluster_data(arguments, table, rows, skipped, choice, result, look):
    """Collect the numbers of the report of a clustering.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    rows : Rows
    skipped : list of str
        Covariance structures for which the table has too few rows.
    choice : Choice
    result : Result
    look : Look

    Returns
    -------
    data : dict
        Strings, numbers, bools, None, lists and dicts of them; numbers may be NumPy's and NaN.
    """
    selection = rows.selection
    return {
        "mixclust": __version__,
        "command": "cluster",
        "table": table_data(table, selection),
        "sample": {"n_rows": len(rows.X)} if rows.is_sample else None,
        "filled_in": _filling(rows.filling),
        "skipped_covariances": skipped,
        "advice": _advice(rows),
        "criterion": choice.criterion,
        "mixtures": [_mixture(choice, key) for key in choice.values],
        "best": best_mixture(choice, result),
        "runner_up": _runner_up(choice),
        "components": _components(selection.names, result),
        "crosstabs": [_crosstab(crosstab) for crosstab in look.crosstabs],
        "without_crosstab": look.many_valued,
        "written": written_files(
            arguments.output, arguments.plot, arguments.report, arguments.save
        ),
    }


def predict_data(arguments, table, selection, model, tally):
    """Collect the numbers of the report of labels that a saved model gave.

    Parameters
    ----------
    arguments : argparse.Namespace
    table : CsvTable
    selection : Selection
    model : SavedModel
    tally : FitTally

    Returns
    -------
    data : dict
        As `cluster_data` gives it.
    """
    labels = model.labels
    names = [*range(labels.n_groups), *([NOISE] if labels.has_noise else [])]
    return {
        "mixclust": __version__,
        "command": "predict",
        "model": {
            "path": str(arguments.model),
            "class": type(model.estimator).__name__,
            f"n_{labels.group}s": labels.n_groups,
            "covariance_type": getattr(model.estimator, "covariance_type", None),
            "noise": labels.has_noise,
        },
        "table": table_data(table, selection),
        "fit": {"measure": labels.fit_measure, "mean": tally.fit, "mean_of_model": labels.of_fit},
        f"{labels.group}s": [
            {
                labels.group: name,
                "n_rows": tally.counts[k],
                "share": tally.counts[k] / max(1, selection.n_complete),
                "weight": None if labels.weights is None else labels.weights[k],
                labels.measure: tally.uncertainty[k] if labels.measure in labels.names else None,
            }
            for k, name in enumerate(names)
        ],
        "written": written_files(arguments.output),
    }


def table_data(table, selection):
    """Describe a table, its clustered columns, and everything that was left out.

    Parameters
    ----------
    table : CsvTable
    selection : Selection

    Returns
    -------
    data : dict
    """
    return {
        "path": str(table.path),
        "n_rows": selection.n_rows,
        "n_clustered_rows": selection.n_complete,
        "columns": selection.names,
        "weights": {"column": selection.weight_name, "sum": selection.total_weight}
        if selection.has_weights
        else None,
        "left_out": selection.left_out,
        "missing": selection.missing,
        "notes": table.notes,
    }


def written_files(*paths):
    """Give the names of the outputs that were asked for."""
    return [str(path) for path in paths if path]


def _filling(filling):
    """Describe the mixture from which missing values were drawn; None without any."""
    if filling is None:
        return None
    size, kind = filling.n_components, filling.covariance_type
    return {"n_components": size, "covariance_type": kind}


def _advice(rows):
    """Describe the columns that may hide the groups."""
    names = rows.selection.names
    return {
        "counters": find_counters(names, rows.traits, rows.X),
        "labels": find_labels(names, rows.traits),
        "dependences": [
            {
                "column": found.name,
                "formula": found.formula,
                "residual": found.residual,
                "collapses": found.collapses,
            }
            for found in find_dependences(names, rows.X)
        ],
    }


def _mixture(choice, key):
    """Describe one of the mixtures that were tried."""
    row = choice.rows[key]
    return {
        "n_components": row.n_components,
        "covariance_type": row.covariance_type,
        **{name: getattr(row, name) for name in CRITERIA},
        "converged": bool(row.converged),
        "collapsed_components": row.collapsed,
    }


def best_mixture(choice, result):
    """Describe the chosen mixture, fitted to all rows.

    Parameters
    ----------
    choice : Choice
    result : Result

    Returns
    -------
    data : dict
        Sizes, log-likelihood, number of free parameters, criteria, and whether it converged.
    """
    best = _mixture(choice, choice.best)
    if result.fit is not None:
        best |= {name: result.fit.numbers[name] for name in CRITERIA}
        best |= {"converged": result.fit.is_converged}
    return best


def _runner_up(choice):
    """Describe the second best mixture; None without one."""
    key = choice.runner_up
    if key is None:
        return None
    difference = choice.values[key] - choice.values[choice.best]
    return _mixture(choice, key) | {"difference": difference}


def _components(names, result):
    """Describe the components: their rows, means and standard deviations."""
    chosen, tally = result.chosen, result.tally
    differences = contrast_of(chosen.weights, chosen.means, chosen.deviations).differences
    return [
        {
            "component": k,
            "n_rows": tally.counts[k],
            "weight": chosen.weights[k],
            "uncertainty": tally.uncertainty[k],
            "means": dict(zip(names, chosen.means[k], strict=True)),
            "standard_deviations": dict(zip(names, chosen.deviations[k], strict=True)),
            "standardized_differences": dict(zip(names, differences[k], strict=True)),
        }
        for k in range(len(chosen.weights))
    ]


def _crosstab(crosstab):
    """Describe the rows by their value in a column and their component."""
    return {
        "column": crosstab.name,
        "adjusted_rand_index": crosstab.rand_index,
        "values": crosstab.values,
        "counts": crosstab.counts,
    }
