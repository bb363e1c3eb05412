//! Quantiles of Student's t and of the normal distribution, for two-sided intervals.
//!
//! A quantile here is the t with P(|T| ≤ t) = `level`. The argument is the level, not the probability of one
//! tail, because ½ + ½·level would round a small level.
//!
//! Relative errors are below 1e-10 for every level of f64 and all ν ≥ 1. The tests bound them up to ν = 1e12.

use statrs::function::erf::{erf_inv, erfc_inv};

use super::beta::{self, gamma_ratio};

/// The ν from which the expansion in 1/ν is as accurate as the solution of P(|T| ≤ t) = level. Its first
/// omitted term is below 79·z⁸/92160/ν⁴ of t. This is 2e-12 for the largest z of a level of f64, 8.3.
const MANY: f64 = 1e4;

/// t with P(|T| ≤ t) = `level`, 0 < level < 1, for Student's T of ν = `freedom` ≥ 1 degrees of freedom.
pub(super) fn quantile(level: f64, freedom: f64) -> f64 {
    let z = normal_quantile(level);
    if freedom >= MANY {
        expansion(z, freedom)
    } else {
        solve(level, freedom, z)
    }
}

/// z with P(|Z| ≤ z) = `level`, 0 < level < 1, for a standard normal Z.
pub(super) fn normal_quantile(level: f64) -> f64 {
    // 1 − level is exact for level ≥ ½.
    let scaled = if level <= 0.5 {
        erf_inv(level)
    } else {
        erfc_inv(1.0 - level)
    };
    std::f64::consts::SQRT_2 * scaled
}

/// Source: M. Abramowitz, I. Stegun, *Handbook of Mathematical Functions* (1964), 26.7.5.
fn expansion(z: f64, freedom: f64) -> f64 {
    let (s, v) = (z * z, freedom);
    let first = (s + 1.0) / 4.0;
    let second = ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let third = (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    z * (1.0 + (first + (second + third / v) / v) / v)
}

/// Newton's method for ln P as a function of ln t. P is the probability of the centre or of the tails,
/// whichever is smaller.
///
/// Both functions are concave, so from the second iterate on, all iterates are on one side of the solution
/// and approach it. The iteration starts at z, which is below t, and no slope between them is near 0.
fn solve(level: f64, freedom: f64, z: f64) -> f64 {
    // Five steps are enough. The limit excludes an endless loop.
    const STEPS: usize = 100;
    // The next step is of the order of the square of this one, times at most z².
    const NEGLIGIBLE: f64 = 1e-9;
    let mut t = z;
    for _ in 0..STEPS {
        let slope = 2.0 * t * density(t, freedom);
        let step = if level <= 0.5 {
            let probability = centre(t, freedom);
            (level / probability).ln() * probability / slope
        } else {
            let probability = tails(t, freedom);
            (probability / (1.0 - level)).ln() * probability / slope
        };
        t *= step.exp();
        if step.abs() <= NEGLIGIBLE {
            break;
        }
    }
    t
}

/// Γ((ν + 1)/2)/(√(πν)·Γ(ν/2))·(1 + t²/ν)^(−(ν + 1)/2).
fn density(t: f64, freedom: f64) -> f64 {
    let power = -0.5 * (freedom + 1.0) * (t * t / freedom).ln_1p();
    gamma_ratio(0.5 * freedom) / (std::f64::consts::PI * freedom).sqrt() * power.exp()
}

/// Up to this t², the tails are computed as 1 minus the centre. This costs at most two digits, because the
/// tails are at least 4 %. For larger t², the continued fraction is short.
const CENTRE: f64 = 4.0;

/// P(|T| ≤ t) = 2·t·f(t)·₂F₁(1, (ν + 1)/2; 3/2; y) with y = t²/(ν + t²).
fn centre(t: f64, freedom: f64) -> f64 {
    let y = t * t / (freedom + t * t);
    2.0 * t * density(t, freedom) * beta::series(0.5 * freedom, 0.5, y)
}

/// P(|T| > t) = (2·t/ν)·f(t)·₂F₁(1, (ν + 1)/2; ν/2 + 1; x) with x = ν/(ν + t²).
fn tails(t: f64, freedom: f64) -> f64 {
    if t * t <= CENTRE {
        return 1.0 - centre(t, freedom);
    }
    let square = t * t;
    let (x, y) = (freedom / (freedom + square), square / (freedom + square));
    2.0 * t / freedom * density(t, freedom) * beta::fraction(0.5 * freedom, 0.5, x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    use statrs::distribution::{ContinuousCDF, StudentsT};

    /// The first omitted term of the expansion in 1/ν is at most 2.3e-12 of t. There are also roundings: an
    /// error of 1e-16 in x causes √ν·1e-16 in the tails, and sums and products cause about a hundred.
    const BOUND: f64 = 5e-12;

    const ROUNDING: f64 = f64::EPSILON / 2.0;

    const LEVELS: [f64; 10] = [
        1e-300,
        1e-9,
        0.02,
        0.5,
        0.68,
        0.95,
        0.99,
        0.999_999,
        1.0 - 8_388_608.0 * ROUNDING,
        1.0 - ROUNDING,
    ];

    /// Values in 50 digits, by mpmath 1.3.0. The iteration is t ← t·exp(−step) with step =
    /// ln(P/level)·P/(2·t·f(t)), until the step is below 1e-30. For level > ½, it uses the tails in the same
    /// way.
    ///
    /// ```python
    /// from mpmath import *
    /// mp.dps = 50
    /// def f(t, v): return exp(loggamma((v+1)/2) - loggamma(v/2) - (v+1)/2*log1p(t*t/v)) / sqrt(pi*v)
    /// def tails(t, v): return betainc(v/2, mpf(1)/2, 0, v/(v + t*t), regularized=True) if v < 1e4 \
    ///     else 2*quad(lambda s: f(s, v), [t + mpf(k)/2 for k in range(60)])
    /// def centre(t, v): return betainc(mpf(1)/2, v/2, 0, t*t/(v + t*t), regularized=True) if v < 1e4 \
    ///     else 2*quad(lambda s: f(s, v), [t*k/4 for k in range(5)])
    /// ```
    ///
    /// The last row is √2·erfinv(level).
    const QUANTILES: [(f64, [f64; 10]); 20] = [
        (
            1.0,
            [
                1.570_796_326_794_896_8e-300,
                1.570_796_326_794_896_8e-9,
                0.031_426_266_043_351_15,
                1.0,
                1.818_993_247_281_066_6,
                12.706_204_736_174_692,
                63.656_741_162_871_526,
                636_619.772_348_751_3,
                683_565_275.576_431_6,
                5_734_161_139_222_659.0,
            ],
        ),
        (
            1.5,
            [
                1.467_416_107_700_331_3e-300,
                1.467_416_107_700_331_3e-9,
                0.029_355_346_255_080_482,
                0.872_594_662_541_570_6,
                1.454_881_656_674_871_7,
                6.016_663_104_427_928,
                17.820_310_514_462_797,
                8_285.391_194_866_204,
                868_786.242_550_691_4,
                35_867_920_788.667_3,
            ],
        ),
        (
            2.0,
            [
                1.414_213_562_373_095e-300,
                1.414_213_562_373_095_1e-9,
                0.028_289_929_799_333_553,
                0.816_496_580_927_726,
                1.311_578_474_677_781_4,
                4.302_652_729_749_462,
                9.924_843_200_918_29,
                999.999_249_985_465_9,
                32_767.999_977_111_816,
                94_906_265.624_251_54,
            ],
        ),
        (
            2.5,
            [
                1.381_945_671_268_951_3e-300,
                1.381_945_671_268_951_4e-9,
                0.027_643_841_331_840_08,
                0.785_013_682_992_301_1,
                1.235_715_648_243_764_8,
                3.574_654_842_003_681_7,
                7.163_728_138_948_783,
                290.523_061_595_673_25,
                4_737.459_866_022_345,
                2_786_259.246_438_246_7,
            ],
        ),
        (
            3.0,
            [
                1.360_349_523_175_663_5e-300,
                1.360_349_523_175_663_5e-9,
                0.027_211_467_049_117_997,
                0.764_892_328_404_345_3,
                1.188_928_636_477_017_3,
                3.182_446_305_283_708,
                5.840_909_309_733_355,
                130.154_589_557_110_2,
                1_332.876_503_040_067_3,
                270_823.806_999_658_6,
            ],
        ),
        (
            5.0,
            [
                1.317_152_762_070_136_3e-300,
                1.317_152_762_070_136_4e-9,
                0.026_346_712_342_273_24,
                0.726_686_843_800_422_7,
                1.103_668_272_956_062_5,
                2.570_581_835_636_314_6,
                4.032_142_983_555_227,
                28.478_473_462_819_56,
                115.284_451_290_473_04,
                2_796.266_806_497_116_2,
            ],
        ),
        (
            10.25,
            [
                1.284_209_475_275_254_7e-300,
                1.284_209_475_275_254_8e-9,
                0.025_687_289_612_556_233,
                0.699_175_824_140_812_1,
                1.045_093_887_985_075_3,
                2.220_794_410_744_807_7,
                3.152_032_774_750_984_4,
                10.289_322_371_337_507,
                20.986_235_280_125_36,
                100.415_888_760_677_67,
            ],
        ),
        (
            30.0,
            [
                1.263_800_113_061_679_4e-300,
                1.263_800_113_061_679_6e-9,
                0.025_278_783_971_765_792,
                0.682_755_693_321_292_6,
                1.011_215_745_392_432_9,
                2.042_272_456_301_237_8,
                2.749_995_653_567_225,
                6.119_075_620_373_899,
                8.750_031_162_941_106,
                16.622_112_879_395_637,
            ],
        ),
        (
            100.0,
            [
                1.256_451_290_185_49e-300,
                1.256_451_290_185_490_2e-9,
                0.025_131_697_537_714_576,
                0.676_951_043_011_471_5,
                0.999_427_316_625_791_4,
                1.983_971_518_523_551_8,
                2.625_890_521_438_017_7,
                5.213_727_574_223_292_5,
                6.760_992_513_567_292,
                9.977_330_537_618_853,
            ],
        ),
        (
            333.3,
            [
                1.254_254_568_168_280_6e-300,
                1.254_254_568_168_280_9e-9,
                0.025_087_730_686_595_002,
                0.675_226_543_991_239,
                0.995_943_687_064_404_2,
                1.967_106_986_709_925_6,
                2.590_660_279_193_422,
                4.984_610_429_653_482_6,
                6.301_798_101_018_227,
                8.746_158_968_352_512,
            ],
        ),
        (
            1_000.0,
            [
                1.253_627_504_966_925_6e-300,
                1.253_627_504_966_925_7e-9,
                0.025_075_180_209_466_42,
                0.674_735_164_607_009_4,
                0.994_952_609_790_753_7,
                1.962_339_080_826_408,
                2.580_754_698_065_950_6,
                4.922_289_523_423_825,
                6.180_101_754_897_329,
                8.439_147_261_493_407,
            ],
        ),
        (
            3_000.0,
            [
                1.253_418_584_510_248_4e-300,
                1.253_418_584_510_248_5e-9,
                0.025_070_998_734_579_6,
                0.674_571_537_336_837_4,
                0.994_622_737_464_717_6,
                1.960_755_055_322_458_2,
                2.577_469_134_838_608,
                4.901_818_508_329_951,
                6.140_429_266_827_982,
                8.340_807_932_330_454,
            ],
        ),
        (
            9_999.0,
            [
                1.253_345_473_694_221_8e-300,
                1.253_345_473_694_222e-9,
                0.025_069_535_445_860_307,
                0.674_514_286_937_346,
                0.994_507_338_699_740_3,
                1.960_201_263_621_357_3,
                2.576_321_095_856_597_4,
                4.894_688_921_520_203,
                6.126_647_403_738_395,
                8.306_846_476_014_197,
            ],
        ),
        (
            10_000.0,
            [
                1.253_345_470_560_499e-300,
                1.253_345_470_560_544_8e-9,
                0.025_069_535_383_140_808,
                0.674_514_284_483_592_4,
                0.994_507_333_753_945_6,
                1.960_201_239_890_626,
                2.576_321_046_668_528_7,
                4.894_688_616_309_937,
                6.126_646_814_140_142,
                8.306_845_025_331_896,
            ],
        ),
        (
            1e5,
            [
                1.253_317_270_604_714_3e-300,
                1.253_317_270_604_760_2e-9,
                0.025_068_970_970_446_684,
                0.674_492_203_553_292_2,
                0.994_462_828_043_087_2,
                1.959_987_707_534_609_3,
                2.575_878_469_908_375,
                4.891_943_340_709_451,
                6.121_344_901_242_44,
                8.293_807_544_774_953,
            ],
        ),
        (
            1e6,
            [
                1.253_314_450_644_028e-300,
                1.253_314_450_644_073_7e-9,
                0.025_068_914_529_877_53,
                0.674_489_995_531_087_3,
                0.994_458_377_690_875_9,
                1.959_966_356_814_106_8,
                2.575_834_220_105_334,
                4.891_668_960_704_727,
                6.120_815_143_126_157,
                8.292_505_703_470_363,
            ],
        ),
        (
            1e7,
            [
                1.253_314_168_648_308_4e-300,
                1.253_314_168_648_354_3e-9,
                0.025_068_908_885_827_614,
                0.674_489_774_729_575_2,
                0.994_457_932_657_843_4,
                1.959_964_221_767_205,
                2.575_829_795_203_748_8,
                4.891_641_524_179_214,
                6.120_762_171_643_637,
                8.292_375_538_386_9,
            ],
        ),
        (
            1e9,
            [
                1.253_314_137_628_783e-300,
                1.253_314_137_628_829e-9,
                0.025_068_908_264_982_204,
                0.674_489_750_441_416_7,
                0.994_457_883_704_234_2,
                1.959_963_986_912_325,
                2.575_829_308_465_448,
                4.891_638_506_177_778,
                6.120_756_344_828_609,
                8.292_361_220_439_117,
            ],
        ),
        (
            1e12,
            [
                1.253_314_137_315_767_8e-300,
                1.253_314_137_315_813_7e-9,
                0.025_068_908_258_717_305,
                0.674_489_750_196_327_1,
                0.994_457_883_210_247_8,
                1.959_963_984_542_426_2,
                2.575_829_303_553_817,
                4.891_638_475_723_417,
                6.120_756_286_030_797,
                8.292_361_075_958_22,
            ],
        ),
        (
            f64::INFINITY,
            [
                1.253_314_137_315_500_2e-300,
                1.253_314_137_315_500_2e-9,
                0.025_068_908_258_711_036,
                0.674_489_750_196_081_7,
                0.994_457_883_209_753_3,
                1.959_963_984_540_053_8,
                2.575_829_303_548_900_4,
                4.891_638_475_692_932,
                6.120_756_285_971_94,
                8.292_361_075_813_595,
            ],
        ),
    ];

    #[test]
    fn quantiles_are_those_of_fifty_digits() {
        for (freedom, quantiles) in QUANTILES {
            for (level, expected) in LEVELS.into_iter().zip(quantiles) {
                let found = quantile(level, freedom);
                let error = (found / expected - 1.0).abs();
                assert!(
                    error <= BOUND,
                    "level {level:e}, ν = {freedom}: {found:e} instead of {expected:e}"
                );
            }
        }
    }

    /// Levels of both kinds, up to the smallest and the largest of f64.
    fn levels() -> impl Iterator<Item = f64> {
        let near_zero = (1..=1022).step_by(9).map(|power| 0.5f64.powi(power));
        let near_one = (1..=53).map(|power| 1.0 - 0.5f64.powi(power));
        near_zero.chain(near_one)
    }

    /// Compares two methods that share only z.
    #[test]
    fn the_expansion_continues_the_solution() {
        for level in levels() {
            let z = normal_quantile(level);
            let (one, other) = (solve(level, MANY, z), expansion(z, MANY));
            assert!((one / other - 1.0).abs() <= BOUND, "level {level:e}");
        }
    }

    /// For ν = 1, P(|T| ≤ t) = 2/π·atan t. For ν = 2, it is t/√(2 + t²).
    #[test]
    fn the_cauchy_distribution_and_its_neighbour_have_closed_forms() {
        for level in levels() {
            let half = std::f64::consts::FRAC_PI_2;
            let one = if level <= 0.5 {
                (half * level).tan()
            } else {
                (half * (1.0 - level)).tan().recip()
            };
            let tail = 1.0 - level;
            let two = level * (2.0 / (tail * (1.0 + level))).sqrt();
            for (freedom, expected) in [(1.0, one), (2.0, two)] {
                let error = (quantile(level, freedom) / expected - 1.0).abs();
                assert!(error <= BOUND, "level {level:e}, ν = {freedom}: {error:e}");
            }
        }
    }

    /// statrs is accurate at these levels up to 1e4 degrees of freedom, and at few others.
    #[test]
    fn quantiles_agree_with_statrs_where_it_is_right() {
        for freedom in (1..=10_000).step_by(37).map(f64::from) {
            let other = StudentsT::new(0.0, 1.0, freedom).unwrap();
            for level in [0.95, 0.99, 0.999_999] {
                let expected = other.inverse_cdf(0.5 + 0.5 * level);
                let error = (quantile(level, freedom) / expected - 1.0).abs();
                // The probability, rounded near 1, costs u/(1 − level) of t.
                let bound = 2.0 * BOUND + 2.0 * ROUNDING / (1.0 - level);
                assert!(error <= bound, "level {level}, ν = {freedom}: {error:e}");
            }
        }
    }
}
