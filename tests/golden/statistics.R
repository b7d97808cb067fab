# Writes statistics_r.inc: test cases of eval/'s tests with R's own numbers.
#
# Run: Rscript tests/golden/statistics.R > tests/golden/statistics_r.inc   (needs r-base-core, r-cran-proc)
suppressMessages(library(pROC))

values <- function(x, digits) paste0("{", paste(sapply(x, format, digits = digits), collapse = ", "), "}")
array <- function(kind, name, x, digits = 17)
  cat("static const ", kind, " ", name, "[] = ", values(x, digits), ";\n", sep = "")

cat("/* Written by statistics.R with ", R.version.string, ", pROC ", as.character(packageVersion("pROC")),
    "; do not edit. */\n", sep = "")

# Two programs on the same 90 images, one on 70 others; scores are often tied.
set.seed(20261127)
n <- 90
lesion <- runif(n) < 0.45
shared <- rnorm(n)
a <- round(0.6 * shared + rnorm(n) + 1.3 * lesion, 1)
b <- round(0.6 * shared + rnorm(n) + 0.8 * lesion, 1)
other_lesion <- runif(70) < 0.5
other <- round(rnorm(70) + 0.7 * other_lesion, 1)
cat("enum { R_IMAGES = 90, R_OTHER_IMAGES = 70 };\n")
array("bool", "r_lesion", as.integer(lesion))
array("double", "r_a", a, 15)
array("double", "r_b", b, 15)
array("bool", "r_other_lesion", as.integer(other_lesion))
array("double", "r_other", other, 15)

curve <- function(truth, score) roc(truth, score, levels = c(FALSE, TRUE), direction = "<", quiet = TRUE)
one <- curve(lesion, a)
two <- curve(lesion, b)
three <- curve(other_lesion, other)
test <- roc.test(one, two, paired = TRUE, method = "delong")
# areas, variances, covariance, z and p of the paired test
array("double", "golden_r_delong", c(auc(one), auc(two), var(one, method = "delong"), var(two, method = "delong"),
                                     cov(one, two, method = "delong"), test$statistic, test$p.value))
# ends of the interval of the difference
array("double", "golden_r_delong_interval",
      as.numeric(auc(one) - auc(two)) + c(-1, 1) * qnorm(0.975) *
        sqrt(var(one, method = "delong") + var(two, method = "delong") - 2 * cov(one, two, method = "delong")))
# Other images: area, variance, and the statistic of the unpaired test against the first
array("double", "golden_r_unpaired", c(auc(three), var(three, method = "delong"),
                                       roc.test(one, three, paired = FALSE, method = "delong")$statistic))

# McNemar: right only first, right only second; exact, chi-square, corrected, each with p.
cat("static const struct { size_t only_first, only_second; double exact_p, chi_square, chi_square_p, corrected, ",
    "corrected_p; } golden_r_mcnemar[] = {\n", sep = "")
for (pair in list(c(7, 1), c(4, 15), c(22, 31), c(12, 40))) {
  counts <- matrix(c(50, pair[2], pair[1], 20), 2)
  plain <- mcnemar.test(counts, correct = FALSE)
  corrected <- mcnemar.test(counts, correct = TRUE)
  cat("    {", pair[1], ", ", pair[2], ", ",
      paste(format(c(binom.test(pair[1], sum(pair))$p.value, plain$statistic, plain$p.value, corrected$statistic,
                     corrected$p.value), digits = 17, trim = TRUE), collapse = ", "), "},\n", sep = "")
}
cat("};\n")
