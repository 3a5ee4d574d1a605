//! Sweeps against whole new rows of which one colour is kept.

use super::*;
use crate::{
    classical::{
        operator::{
            Row,
            tests::{loaded, noise, systems},
            to_single,
        },
        sweep::View,
    },
    memory::Buffer,
};

/// What a sweep makes of u, by its definition.
fn defined<T: Real, R: Rows<T>>(rows: &R, colours: [usize; 2], omega: Option<T>, u: &mut [T], f: &[T]) {
    let layout = rows.layout();
    let (layers, columns) = (Layers::of(layout), layout.extent(2));
    for colour in colours {
        let old = u.to_vec();
        let mut new = vec![T::default(); columns];
        for l in layers.places() {
            let view = View::of_array(layers, &old, l);
            for j in layers.rows() {
                let [plane, row] = layers.place(l, j);
                let start = l * layers.stride() + j * columns;
                let (here, across, f) = (view.row(layout, j), view.across(layout, j), &f[start..][..columns]);
                match omega {
                    None => rows.row(plane, row).solve(here, &across, f, &mut new),
                    Some(omega) => rows.row(plane, row).relax(omega, here, &across, f, &mut new),
                }
                for p in layout.places(2).filter(|p| (plane + row + p + colour) % 2 == 0) {
                    u[start + p] = new[p];
                }
                layout.seal(&mut u[start..][..columns]);
            }
        }
    }
}

fn compare<T: Real>(name: &str, operator: &Operator<T>, u: &[T], f: &[T]) {
    for (order, colours) in [(Order::RedBlack, [0, 1]), (Order::BlackRed, [1, 0])] {
        for omega in [None, Some(T::from_f64(1.3))] {
            let (mut expected, mut swept) = (u.to_vec(), u.to_vec());
            match operator {
                Operator::Constant(rows) => defined(rows, colours, omega, &mut expected, f),
                Operator::Variable(rows) => defined(rows, colours, omega, &mut expected, f),
                Operator::Boxes(_) => return,
            }
            let mut work = Workspace::new(operator.layout());
            sweep(operator, order, omega, &mut swept, f, &mut work);
            let bits = |values: &[T]| values.iter().map(|u| u.to_f64().to_bits()).collect::<Vec<_>>();
            assert!(bits(&swept) == bits(&expected), "{name}, {order:?}, ω {omega:?}");
        }
    }
}

#[test]
fn sweeps_keep_one_colour_of_whole_new_rows() {
    let mut long = 0;
    for (name, discrete) in systems(&[3, 8, 17, 34]) {
        let operator = Operator::<f64>::of(&discrete);
        if operator.layout().has_odd_seam() {
            continue;
        }
        long += usize::from(operator.layout().unknowns[2] > 16);
        let (u, f) = (loaded(&discrete, &operator, &noise(&discrete)), operator.load_source(&discrete));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                compare(&name, &operator, &u, &f);
                let single: [Buffer<f32>; 2] = [to_single(&u), to_single(&f)];
                compare(&name, &operator.to_single(), &single[0], &single[1]);
            });
        }
    }
    assert!(long > 20, "{long} systems of long rows");
}
