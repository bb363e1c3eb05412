//! The bad inputs of a person, and a part of the line that explains each.

use super::folder::Folder;

const FILES: [(&str, &str); 14] = [
    (
        "decay.csv",
        "t,counts,err\n0,9,1\n0.5,6,1\n1,4,1\n1.5,3,1\n2,2,1\n3,1.5,1\n4,1,1\n",
    ),
    ("twice.csv", "t,t,y\n0.5,1,2\n1,2,3.5\n2,3,5\n"),
    ("hole.csv", "t,y\n0.5,1\n1,\n2,3\n"),
    ("nan.csv", "t,y\n0.5,1\n1,nan\n2,3\n"),
    ("words.csv", "t,y\n0.5,one\n1,two\n2,three\n"),
    ("ragged.csv", "t,y\n0.5,1\n1,2,3\n2,3\n"),
    ("constant.csv", "t,y\n0.5,3\n1,3\n2,3\n"),
    ("vertical.csv", "t,y\n1.5,3\n1.5,4\n1.5,5\n"),
    ("few.csv", "t,y\n0.5,1\n1,2.5\n"),
    ("negative.csv", "t,y\n-0.5,1\n1,2.5\n2,3\n4,5\n5,6\n6,8\n"),
    ("empty.csv", ""),
    ("header.csv", "t,y\n"),
    ("zero.csv", "t,y,s\n0.5,1,0.1\n1,2,0\n2,3,0.1\n"),
    ("picture.jpg", "t,y\n"),
];

/// The file, the flags and the message.
const MISTAKES: [(&str, &str, &str); 68] = [
    (
        "decay.csv",
        "--x time --y counts --model gaussian",
        "--x: decay.csv has no column \"time\"; its columns are t, counts, err",
    ),
    (
        "decay.csv",
        "--x t --y 4 --model gaussian",
        "--y: decay.csv has no column \"4\"; its columns are t, counts, err",
    ),
    (
        "decay.csv",
        "--x t --y 0 --model gaussian",
        "--y: decay.csv has no column \"0\"",
    ),
    (
        "decay.csv",
        "--x t --y counts --sigma error --model gaussian",
        "--sigma: decay.csv has no column \"error\"",
    ),
    (
        "twice.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "--x: 2 columns of twice.csv are named \"t\"; use the number",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-tt/tau) --start a=1,tau=1",
        "--model, column 8: tt is not a column and has no start; the columns are t, counts, err; for a parameter, add tt=… to --start: a*exp(-▸tt/tau)",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau --start a=1,tau=1",
        "--model, column 6: this parenthesis is not closed: a*exp▸(-t/tau",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*2t --start a=1",
        "--model, column 4: an operator is missing here",
    ),
    (
        "decay.csv",
        "--x t --y counts --model '' --start a=1",
        "--model, column 1: the formula is empty",
    ),
    (
        "decay.csv",
        "--x t --y counts --model gauss",
        "--model: gauss is neither a formula nor a model; the models are exponential, exponentials2",
    ),
    (
        "decay.csv",
        "--x t --y counts --model pseudo-voight",
        "--model: pseudo-voight is neither a formula nor a model",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*e^(-t) --start a=1",
        "Euler's number is exp(1)",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=2,c=3",
        "--start: the model has no parameter c; its parameters are a, b",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b",
        "--start: \"b\" must be NAME=VALUE",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=one",
        "--start: the value of b must be a number, but it is \"one\"",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=nan",
        "--start: the value of b must be a number, but it is \"nan\"",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,a=2,b=1",
        "--start: a has two values",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --fix a=1",
        "--fix: a has a value in --start, too",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --fix a=1,b=1",
        "--model: no parameter is free",
    ),
    (
        "decay.csv",
        "--x t --y counts --model t --start t=1",
        "this name is that of a column, but --start, --fix or --tie gives it a value",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --bounds a=2:1",
        "--bounds: the lower bound of a, 2, must be below the upper one, 1",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --bounds a=2",
        "--bounds: the bounds of a must be LOW:HIGH",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --bounds a=2:3",
        "--start: a = 1 is outside its bounds, 2 to 3",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --bounds z=2:3",
        "--bounds: the model has no parameter z",
    ),
    (
        "decay.csv",
        "--x t --y counts --model gaussian --bounds sigma=-3:-2",
        "--bounds: sigma from -3 to -2 has nothing in common with the bounds of the model",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --robust l1",
        "--robust: must be huber, soft-l1, cauchy or tukey, but it is \"l1\"",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a/(t-b) --start a=1,b=2",
        "--start: there the model is inf in row 5, where t = 2, counts = ",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --plot nowhere/fit.png",
        "does not exist",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a+b*t --start a=1,b=1 --plot fit.bmp",
        "must be .png, .svg or .html",
    ),
    (
        "decay.csv",
        "--x t --y counts --model power",
        "--model power: x must be positive for this model, but entry 0 is 0",
    ),
    (
        "hole.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "hole.csv: line 3",
    ),
    (
        "nan.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "nan.csv: line 3",
    ),
    (
        "words.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "words.csv: line 2",
    ),
    (
        "ragged.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "ragged.csv: line 3",
    ),
    (
        "constant.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "--y: the column y is constant: it is 3 in every row",
    ),
    (
        "vertical.csv",
        "--x t --y y --model a+b*t --start a=1,b=1",
        "--x: the column t is constant: it is 1.5 in every row",
    ),
    (
        "few.csv",
        "--x t --y y --model a+b*t+c*t^2 --start a=1,b=1,c=1",
        "few.csv: 2 rows do not determine 3 parameters",
    ),
    (
        "few.csv",
        "--x t --y y --model gaussian",
        "--model gaussian: x must have at least 4 different values, one per parameter, but it has 2",
    ),
    (
        "negative.csv",
        "--x t --y y --model hill",
        "--model hill: x must be at least 0 for this model",
    ),
    (
        "empty.csv",
        "--x t --y y --model hill",
        "empty.csv: the matrix is empty",
    ),
    ("header.csv", "--x t --y y --model hill", "header.csv: "),
    (
        "zero.csv",
        "--x t --y y --sigma s --model a+b*t --start a=1,b=1",
        "--sigma: the column s must be positive, but it is 0 in row 2",
    ),
    (
        "picture.jpg",
        "--x t --y y --model hill",
        "the extension must be",
    ),
    (
        "nowhere.csv",
        "--x t --y y --model hill",
        "nowhere.csv: cannot be read",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --starts 0",
        "--starts: must be from 1 to 100000, but it is 0",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --starts 1000000000000",
        "--starts: must be from 1 to 100000, but it is 1000000000000",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --level 1.5",
        "--level: must be between 0 and 1, as 0.95 for 95 %, but it is 1.5",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --level -0.5",
        "--level: must be between 0 and 1, as 0.95 for 95 %, but it is -0.5",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --level nan",
        "but it is NaN",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --profiles --robust",
        "--profiles: a robust loss is no likelihood",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c=2*q",
        "--tie, c, column 3: q is not a parameter; the parameters are a, tau, c; for another one, add q=… to --start or --fix: 2*▸q",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c=2*err",
        "--tie, c, column 3: err is a column, but a tie is a formula of parameters: 2*▸err",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c=2*(a",
        "--tie, c, column 3: this parenthesis is not closed",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c",
        "--tie: \"c\" must be NAME=VALUE",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c=",
        "--tie, c, column 1: the formula is empty",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie c=a,c=2*a",
        "--tie: c has two values",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --start a=1,tau=1 --tie c=2*a",
        "--tie: the model has no parameter c; its parameters are a, tau",
    ),
    (
        "decay.csv",
        "--x t --y counts --model exponential --tie sigma=2*a",
        "--tie: the model has no parameter sigma; its parameters are a, tau, c",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start tau=1 --tie c=a/2,a=2*c",
        "--tie: c, a and c follow from each other in a circle",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start tau=1,a=1 --tie c=c+1",
        "--tie: c follows from itself",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1,c=1 --tie c=2*a",
        "--tie: c follows from other parameters, but it has a value in --start",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --fix c=1 --tie c=2*a",
        "--tie: c follows from other parameters, but it has a value in --fix",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --bounds c=0: --tie c=2*a",
        "--tie: c follows from other parameters, but it has bounds in --bounds",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=-1 --tie c=log(tau)",
        "--tie: c = log(tau) is NaN at the start, but it must be a finite number",
    ),
    (
        "decay.csv",
        "--x t --y counts --model gaussian --start mu=-2 --tie sigma=mu",
        "--tie: sigma = mu is -2 at the start, but the bounds of the model are 0 to inf",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau) --fix tau=1 --tie a=2*tau",
        "--model: no parameter is free",
    ),
    (
        "decay.csv",
        "--x t --y counts --model a*exp(-t/tau)+c --start a=1,tau=1 --tie t=a",
        "this name is that of a column, but --start, --fix or --tie gives it a value",
    ),
    (
        "decay.csv",
        "--x t --y counts --model gaussian --mpi",
        "--mpi: this program has no MPI; install an MPI library and libclang, and build it with: cargo install ",
    ),
];

#[test]
fn every_mistake_is_explained_in_one_line() {
    let folder = Folder::new("mistakes");
    for (file, text) in FILES {
        folder.write(file, text);
    }
    for (file, flags, expected) in MISTAKES {
        let words = flags
            .split_whitespace()
            .map(|word| if word == "''" { "" } else { word });
        let flags: Vec<&str> = words.collect();
        let Err(message) = folder.fit(file, &flags) else {
            panic!("{file} {flags:?} was fitted");
        };
        assert!(message.contains(expected), "{file} {flags:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
