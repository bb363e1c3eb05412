//! The data sets, a file for each, with the digits of the files of NIST.

mod bennett5;
mod boxbod;
mod chwirut1;
mod chwirut2;
mod danwood;
mod eckerle4;
mod enso;
mod gauss1;
mod gauss2;
mod gauss3;
mod hahn1;
mod kirby2;
mod lanczos1;
mod lanczos2;
mod lanczos3;
mod mgh09;
mod mgh10;
mod mgh17;
mod misra1a;
mod misra1b;
mod misra1c;
mod misra1d;
mod nelson;
mod rat42;
mod rat43;
mod roszman1;
mod thurber;

use super::data_set::DataSet;

/// In the order of NIST's tables.
pub(super) static ALL: [DataSet; 27] = [
    misra1a::DATA_SET,
    chwirut2::DATA_SET,
    chwirut1::DATA_SET,
    lanczos3::DATA_SET,
    gauss1::DATA_SET,
    gauss2::DATA_SET,
    danwood::DATA_SET,
    misra1b::DATA_SET,
    kirby2::DATA_SET,
    hahn1::DATA_SET,
    nelson::DATA_SET,
    mgh17::DATA_SET,
    lanczos1::DATA_SET,
    lanczos2::DATA_SET,
    gauss3::DATA_SET,
    misra1c::DATA_SET,
    misra1d::DATA_SET,
    roszman1::DATA_SET,
    enso::DATA_SET,
    mgh09::DATA_SET,
    thurber::DATA_SET,
    boxbod::DATA_SET,
    rat42::DATA_SET,
    mgh10::DATA_SET,
    eckerle4::DATA_SET,
    rat43::DATA_SET,
    bennett5::DATA_SET,
];
