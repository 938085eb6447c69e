//! The commands `import` and `trends`: what they print, and how they end.

use super::{Files, ROWS, agent_free, value, with};
use crate::support::TestDatabase;

/// Exit code and standard output.
async fn run(database: &TestDatabase, arguments: &[&str]) -> (Option<i32>, String) {
    let output = agent_free(database, arguments).output().await.unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn the_exit_code_tells_whether_every_row_was_good() {
    let database = TestDatabase::new().await;
    let bad = Files::of_rows(&[ROWS[0], &with(ROWS[1], "price", "x")]);
    let (code, printed) = run(&database, &["import", &bad.mapping_text()]).await;
    assert_eq!(
        printed,
        "rejected: line 3, column price: `x` is not a decimal number\n\
         2 rows read: 1 new, 0 unchanged, 0 differing, 1 rejected; 4 market trends changed.\n\
         Nothing was kept. Mend the rejected rows, or keep the good ones with --keep-going.\n"
    );
    assert_eq!(code, Some(1));
    let (code, printed) = run(&database, &["import", "--keep-going", &bad.mapping_text()]).await;
    assert!(printed.ends_with("Imported.\n"), "{printed}");
    assert_eq!(code, Some(1));
    let good = Files::of_rows(&ROWS);
    let (code, printed) = run(&database, &["import", "--dry-run", &good.mapping_text()]).await;
    assert!(printed.ends_with("Dry run: nothing was kept.\n"), "{printed}");
    assert_eq!(code, Some(0));
    let (code, _) = run(&database, &["import", "nowhere.toml"]).await;
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn trends_follow_the_sales_and_a_second_time_changes_nothing() {
    let database = TestDatabase::new().await;
    Files::of_rows(&ROWS).import(&database).await;
    let client = database.connect().await;
    let trends = "SELECT string_agg(month || ' ' || sales_count || ' ' || median_price
                       || ' ' || coalesce(median_days_on_market::text, '-'), ', ' ORDER BY month)
                    FROM market_trends t JOIN market_areas a ON a.id = t.market_area_id
                   WHERE a.parent_id IS NULL AND property_type_id IS NULL";
    let january = "1993-01-01 2 110000.25 -";
    let told = async || value(&client, trends).await.unwrap();
    assert_eq!(told().await, format!("{january}, 1993-02-01 1 90000.00 -"));
    let refresh = async || run(&database, &["trends"]).await.1;
    assert_eq!(refresh().await, "0 market trends changed.\n");

    // A listing date becomes known; a sale is hidden, and its month with it.
    client
        .batch_execute(
            "UPDATE listings SET on_market_date = close_date - 10 WHERE close_date = '1993-01-04';
             UPDATE properties SET published_at = NULL
              WHERE id = (SELECT property_id FROM listings WHERE close_date = '1993-02-01')",
        )
        .await
        .unwrap();
    assert_eq!(refresh().await, "8 market trends changed.\n");
    assert_eq!(told().await, "1993-01-01 2 110000.25 10.0");
    assert_eq!(refresh().await, "0 market trends changed.\n");
}
