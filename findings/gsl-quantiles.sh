#!/usr/bin/env bash
# GSL 2.7.1 (Debian 12, 2.7.1+dfsg-5+deb12u1): quantiles of ordinary arguments fail.
# gsl_cdf_chisq_Pinv(0.975, 1e5) is 100878.4, gsl_cdf_fdist_Pinv(0.5, 0.5, 3) is 0.2307 (scipy 1.17.1).
# Seen: "inverse failed to converge" and NaN for both, although gsl_cdf_chisq_P and gsl_cdf_fdist_P are right there.
# GSL's default error handler would abort the program. This program turns the handler off.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
version=2.7.1+dfsg-5+deb12u1
apt-get -qq update
apt-get -qq -o APT::Sandbox::User=root download "libgsl-dev=$version" "libgsl27=$version" "libgslcblas0=$version"
for package in *.deb; do dpkg -x "$package" .; done
lib=$(dirname "$(find usr/lib -name libgsl.so)")
cat >main.c <<'EOF'
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>

int main(void) {
    gsl_set_error_handler_off();
    double chisq = gsl_cdf_chisq_Pinv(0.975, 1e5), f = gsl_cdf_fdist_Pinv(0.5, 0.5, 3);
    double chisq_p = gsl_cdf_chisq_P(100878.41530566558, 1e5), f_p = gsl_cdf_fdist_P(0.23066126571683243, 0.5, 3);
    printf("quantiles %g and %g; probabilities at the true ones %.12g and %.12g\n", chisq, f, chisq_p, f_p);
    int as_seen = isnan(chisq) && isnan(f) && fabs(chisq_p - 0.975) < 1e-9 && fabs(f_p - 0.5) < 1e-9;
    if (!as_seen) puts("The behaviour has changed.");
    return !as_seen;
}
EOF
cc -Iusr/include main.c -o main "$lib/libgsl.a" "$lib/libgslcblas.a" -lm
./main
