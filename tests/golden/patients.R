# Writes patients_r.inc: patients with several images, and probabilities, with the numbers of R's packages.
#
# Run: Rscript tests/golden/patients.R > tests/golden/patients_r.inc   (needs r-base-core, r-cran-survival, r-cran-boot,
# r-cran-rms)
# R has no package for Obuchowski's variance of areas of clustered images. It is written here from the paper's
# equations (Biometrics 1997, 53:567), on what survival's concordance() says that each image does to the area.
suppressMessages({library(survival); library(boot); library(rms)})

array <- function(kind, name, x, digits = 17)
  cat("static const ", kind, " ", name, "[] = {", paste(sapply(x, format, digits = digits), collapse = ", "), "};\n",
      sep = "")
version <- function(package) paste(package, packageVersion(package))

cat("/* Written by patients.R with ", R.version.string, ", ",
    paste(sapply(c("survival", "boot", "rms"), version), collapse = ", "), "; do not edit. */\n", sep = "")

# ---- two programs on the images of 30 patients, one to six each, both kinds in many; scores are often tied ----

set.seed(20261127)
patient <- sample(rep(1:30, sample(1:6, 30, replace = TRUE)))
n <- length(patient)
ill <- runif(30) < 0.6
lesion <- ill[patient] & runif(n) < 0.65
mood <- matrix(rnorm(90), 3)
a <- round(0.6 * mood[1, patient] + 0.6 * mood[2, patient] + rnorm(n) + 1.3 * lesion, 1)
b <- round(0.6 * mood[1, patient] + 0.6 * mood[3, patient] + rnorm(n) + 0.7 * lesion, 1)
cat("enum { R_PATIENT_IMAGES = ", n, " };\n", sep = "")
array("uint32_t", "r_patient", patient)
array("bool", "r_patient_lesion", as.integer(lesion))
array("double", "r_patient_a", a, 15)
array("double", "r_patient_b", b, 15)

M <- sum(lesion)
N <- sum(!lesion)
truth <- as.numeric(lesion)
of_patient <- function(fit) list(  # sums of V10 - theta and of V01 - theta
  x = M * as.vector(rowsum(fit$dfbeta * lesion, patient)),
  y = N * as.vector(rowsum(fit$dfbeta * !lesion, patient)))
covariance <- function(one, two) {
  I10 <- length(unique(patient[lesion]))
  I01 <- length(unique(patient[!lesion]))
  I <- length(unique(patient))
  S10 <- I10 / ((I10 - 1) * M) * sum(one$x * two$x)
  S01 <- I01 / ((I01 - 1) * N) * sum(one$y * two$y)
  S11 <- I / (I - 1) * sum(one$x * two$y)
  S11_turned <- I / (I - 1) * sum(two$x * one$y)
  S10 / M + S01 / N + (S11 + S11_turned) / (M * N)
}
of_a <- concordance(truth ~ a, influence = 1)
of_b <- concordance(truth ~ b, influence = 1)
# survival's own variance of clusters is the same without the corrections for few patients
stopifnot(all.equal(as.numeric(concordance(truth ~ a, cluster = patient)$var),
                    sum((of_patient(of_a)$x / M + of_patient(of_a)$y / N)^2), tolerance = 1e-12))
areas <- c(of_a$concordance, of_b$concordance)
parts <- list(of_patient(of_a), of_patient(of_b))
variances <- c(covariance(parts[[1]], parts[[1]]), covariance(parts[[2]], parts[[2]]))
both <- covariance(parts[[1]], parts[[2]])
error <- sqrt(sum(variances) - 2 * both)
z <- (areas[1] - areas[2]) / error
# areas, variances, covariance, the error of the difference, its ends, z, p
array("double", "golden_r_patients",
      c(areas, variances, both, error, areas[1] - areas[2] + c(-1, 1) * qnorm(0.975) * error, z, 2 * pnorm(-abs(z))))

# ---- BCa: boot's percentages, of ends that it reads between replicates by normal quantiles; here quantile() does ----

sample_of <- rgamma(40, 0.6)
mean_of <- function(data, rows) mean(data[rows])
drawn <- boot(sample_of, mean_of, R = 999)
without <- sapply(1:40, function(i) mean(sample_of[-i]))
ends <- boot.ci(drawn, type = "bca", L = mean(without) - without)$bca[4:5]
sorted <- sort(drawn$t[, 1])
below <- findInterval(ends, sorted)
z <- qnorm(below / 1000)
percentages <- pnorm(z + (ends - sorted[below]) / (sorted[below + 1] - sorted[below]) * (qnorm((below + 1) / 1000) - z))
array("double", "r_replicates", drawn$t[, 1])
array("double", "r_without_one", without)
array("double", "golden_r_bca", c(drawn$t0, sd(sorted), quantile(sorted, percentages, type = 7)))

# ---- probabilities: recalibration by glm(), its numbers and the Brier score by rms ----

rows <- 150
truth <- as.numeric(runif(rows) < 0.4)
score <- plogis(1.5 * (rnorm(rows) + truth - 0.8))
score <- ifelse(runif(rows) < 0.4, round(pmin(pmax(score, 0.1), 0.9), 1), score)
times <- as.vector(rmultinom(1, rows, rep(1, rows)))
cat("enum { R_FRAMES = ", rows, " };\n", sep = "")
array("double", "r_score", score)
array("bool", "r_truth", truth)
array("size_t", "r_times", times)
control <- glm.control(epsilon = 1e-15, maxit = 100)
line <- function(w, formula) {
  environment(formula) <- environment()
  coef(glm(formula, binomial, weights = w, control = control))
}
x <- qlogis(score)
for (name in c("plain", "weighted")) {
  w <- if (name == "plain") rep(1, rows) else times
  # intercept and slope, intercept at slope 1, temperature
  array("double", paste0("golden_r_", name, "_line"),
        c(line(w, truth ~ x), line(w, truth ~ offset(x)), 1 / line(w, truth ~ 0 + x)))
  told <- val.prob(rep(score, w), rep(truth, w), pl = FALSE)
  stopifnot(all.equal(as.numeric(told[c("Intercept", "Slope")]), as.numeric(line(w, truth ~ x)), tolerance = 1e-5))
  # rms: area, Brier score
  array("double", paste0("golden_r_", name, "_rms"), told[c("C (ROC)", "Brier")])
}

# ---- always right: Clopper and Pearson's limit of 1, 7, 40 and 250 patients ----

array("double", "golden_r_always_right", sapply(c(1, 7, 40, 250), function(n) binom.test(n, n)$conf.int[1]))
