"""Logarithm, exponential and normal quantile as section 10 fixes them: to the last bit, on any machine.

`ln` and `exp` follow the `libm` crate, which follows musl and FreeBSD's e_log.c and e_exp.c
(Copyright (C) 1993 by Sun Microsystems, Inc. Permission to use, copy, modify, and distribute this software
is freely granted, provided that this notice is preserved). `normal_quantile` is PPND16 of M. J. Wichura,
"Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988).
"""

import math
import struct

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
LOG_ODD = (6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01,
           1.479819860511658591e-01)  # fmt: skip
EXP = (1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05,
       -1.65339022054652515390e-06, 4.13813679705723846039e-08)  # fmt: skip
INVERSE_LN2 = 1.44269504088896338700e00

CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)  # fmt: skip
TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def ln(x: float) -> float:
    """Natural logarithm of a positive normal number."""
    if x == 1.0:
        return 0.0
    (bits,) = struct.unpack("<Q", struct.pack("<d", x))
    high = (bits >> 32) + 0x3FF00000 - 0x3FE6A09E
    k = float((high >> 20) - 0x3FF)
    high = (high & 0x000FFFFF) + 0x3FE6A09E
    reduced: float = struct.unpack("<d", struct.pack("<Q", high << 32 | bits & 0xFFFFFFFF))[0]
    f = reduced - 1.0
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (LOG_EVEN[0] + w * (LOG_EVEN[1] + w * LOG_EVEN[2]))
    odd = z * (LOG_ODD[0] + w * (LOG_ODD[1] + w * (LOG_ODD[2] + w * LOG_ODD[3])))
    r = odd + even
    return s * (half_square + r) + k * LN2_LOW - half_square + f + k * LN2_HIGH


def exp(x: float) -> float:
    """Exponential of a number whose result is a normal number."""
    k = 0
    high, low = x, 0.0
    if abs(x) > 0.5 * math.log(2):
        if abs(x) >= 1.5 * math.log(2):
            k = int(INVERSE_LN2 * x + math.copysign(0.5, x))
        else:
            k = -1 if x < 0 else 1
        high, low = x - k * LN2_HIGH, k * LN2_LOW
        x = high - low
    elif abs(x) <= 2.0**-28:
        return 1.0 + x
    square = x * x
    c = x - square * (EXP[0] + square * (EXP[1] + square * (EXP[2] + square * (EXP[3] + square * EXP[4]))))
    return math.ldexp(1.0 + (x * c / (2.0 - c) - low + high), k)


def polynomial(coefficients: tuple[float, ...], x: float) -> float:
    """Horner's rule, highest power first."""
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total


def normal_quantile(u: float) -> float:
    """The standard normal value below which a share `u` of all lies."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(CENTRE[0], r) / polynomial(CENTRE[1], r)
    r = math.sqrt(-ln(u if q < 0 else 1.0 - u))
    if r <= 5.0:
        z = polynomial(TAIL[0], r - 1.6) / polynomial(TAIL[1], r - 1.6)
    else:
        z = polynomial(FAR_TAIL[0], r - 5.0) / polynomial(FAR_TAIL[1], r - 5.0)
    return -z if q < 0 else z
