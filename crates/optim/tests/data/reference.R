# Writes reference.csv: estimates, standard errors, bands and profile-likelihood intervals by R, for the tests of
# fit_reference.rs. Run: Rscript reference.R > reference.csv
#
# Bands are from vcov, fit$m$gradient() and qt. Ends of profiles are from uniroot on the deviance of models that are
# fitted again with one parameter held; confint interpolates, and has 2 or 3 digits.
suppressMessages(library(MASS))
control <- nls.control(tol = 1e-8, nDcentral = TRUE, maxiter = 500, minFactor = 1e-12)
cat("#", R.version.string, "MASS", as.character(packageVersion("MASS")), "\n")
show <- function(set, kind, values) cat(paste(c(set, kind, sprintf("%.15g", values)), collapse = ","), "\n", sep = "")

end <- function(data, formula, fit, name, direction) {
  best <- deviance(fit); df <- df.residual(fit); s2 <- best / df
  q <- qt(0.975, df); theta <- coef(fit)
  others <- as.list(theta[setdiff(names(theta), name)])
  tau <- function(value) {
    held <- do.call(substitute, list(formula, setNames(list(value), name)))
    # The deviance at a minimum is flat, so an offset of 1e-6 gives 12 digits.
    again <- nls(as.formula(held), data, start = others, control = modifyList(control, list(tol = 1e-6)))
    others <<- as.list(coef(again))
    sqrt(max(0, (deviance(again) - best) / s2)) - q
  }
  se <- sqrt(diag(vcov(fit)))[[name]]
  far <- theta[[name]] + direction * se * q
  while (tau(far) < 0) far <- far + direction * 0.25 * se * q
  others <<- others
  uniroot(tau, sort(c(theta[[name]] + direction * 1e-3 * se, far)), tol = 1e-12 * abs(far), maxiter = 1000)$root
}

study <- function(set, data, formula, start) {
  fit <- nls(formula, data, start = start, control = control)
  show(set, "estimate", coef(fit))
  show(set, "error", sqrt(diag(vcov(fit))))
  show(set, "deviance", c(deviance(fit), df.residual(fit), AIC(fit), BIC(fit)))
  g <- fit$m$gradient()
  se <- sqrt(rowSums((g %*% vcov(fit)) * g))
  q <- qt(0.975, df.residual(fit)); s <- summary(fit)$sigma; n <- length(coef(fit))
  show(set, "value", fitted(fit))
  show(set, "confidence", q * se)
  show(set, "simultaneous", sqrt(n * qf(0.95, n, df.residual(fit))) * se)
  show(set, "observation", q * sqrt(se^2 + s^2))
  show(set, "leverage", (se / s)^2)
  for (name in names(start)) {
    show(set, paste0("profile.", which(names(start) == name) - 1),
         c(end(data, formula, fit, name, -1), end(data, formula, fit, name, 1)))
  }
}

write_data <- function(set, x, y) { show(set, "x", x); show(set, "y", y) }
p <- subset(Puromycin, state == "treated")
write_data("puromycin", p$conc, p$rate)
study("puromycin", p, rate ~ Vm * conc / (K + conc), list(Vm = 200, K = 0.1))
d <- subset(DNase, Run == 1); d <- data.frame(conc = d$conc, density = d$density)
write_data("dnase", d$conc, d$density)
study("dnase", d, density ~ Asym / (1 + exp((xmid - log(conc)) / scal)), list(Asym = 2.3, xmid = 1.5, scal = 1))
b <- data.frame(Time = BOD$Time, demand = BOD$demand)
write_data("bod", b$Time, b$demand)
study("bod", b, demand ~ A * (1 - exp(-k * Time)), list(A = 19, k = 0.5))
l <- subset(Loblolly, Seed == 301); l <- data.frame(age = l$age, height = l$height)
write_data("loblolly", l$age, l$height)
study("loblolly", l, height ~ Asym + (R0 - Asym) * exp(-exp(lrc) * age), list(Asym = 94, R0 = -8, lrc = -3.2))
w <- data.frame(Days = wtloss$Days, Weight = wtloss$Weight)
write_data("wtloss", w$Days, w$Weight)
study("wtloss", w, Weight ~ b0 + b1 * 2^(-Days / th), list(b0 = 90, b1 = 95, th = 120))
