//! The library's entities, as SeaORM describes them: nothing of it knows GraphQL.

/// One entity: its table, its columns and its relations.
macro_rules! entity {
    ($module:ident, $table:literal, { $($column:ident: $ty:ty),* $(,)? }, { $($relation:tt)* }) => {
        #[expect(unreachable_pub, reason = "what SeaORM derives is public")]
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: Uuid,
                pub created_at: DateTimeUtc,
                $(pub $column: $ty,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation { $($relation)* }

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

entity!(genre, "genres", { name: String }, {
    #[sea_orm(has_many = "super::book::Entity", via_rel = "Relation::Genre")]
    Books,
});

entity!(author, "authors", { version: i32, name: String, born: Option<Date>, published: bool }, {
    #[sea_orm(has_many = "super::book::Entity", via_rel = "Relation::Author")]
    Books,
});

entity!(book, "books", {
    version: i32, title: String, subtitle: Option<String>, price: Option<Decimal>, pages: Option<i32>,
    weight: Option<f64>, published_on: Option<Date>, sold_at: Option<DateTimeUtc>, signed: Option<bool>,
    published: bool, mood: Option<String>, cover: String, tags: Vec<String>, moods: Option<Vec<String>>,
    extra: Option<Json>, author_id: Option<Uuid>, genre_id: Uuid, previous_id: Option<Uuid>,
    deleted_at: Option<DateTimeUtc>,
}, {
    #[sea_orm(belongs_to = "super::author::Entity", from = "Column::AuthorId", to = "super::author::Column::Id")]
    Author,
    #[sea_orm(belongs_to = "super::genre::Entity", from = "Column::GenreId", to = "super::genre::Column::Id")]
    Genre,
    #[sea_orm(belongs_to = "Entity", from = "Column::PreviousId", to = "Column::Id")]
    Previous,
    #[sea_orm(has_many = "Entity", via_rel = "Relation::Previous")]
    Sequels,
    #[sea_orm(has_many = "super::review::Entity", via_rel = "Relation::Book")]
    Reviews,
    #[sea_orm(has_many = "super::stock::Entity", via_rel = "Relation::Book")]
    Stocks,
    #[sea_orm(has_many = "super::loan::Entity", via_rel = "Relation::Book")]
    Loans,
});

entity!(review, "reviews", { stars: i16, text: Option<String>, book_id: Uuid }, {
    #[sea_orm(belongs_to = "super::book::Entity", from = "Column::BookId", to = "super::book::Column::Id")]
    Book,
    #[sea_orm(has_many = "super::reply::Entity", via_rel = "Relation::Review")]
    Replies,
});

entity!(reply, "replies", { agrees: Option<bool>, review_id: Uuid }, {
    #[sea_orm(belongs_to = "super::review::Entity", from = "Column::ReviewId", to = "super::review::Column::Id")]
    Review,
});

entity!(shop, "shops", {
    name: String, opened: Option<Date>, published: bool, location: Option<String>, district_id: Option<Uuid>,
}, {
    #[sea_orm(belongs_to = "super::district::Entity", from = "Column::DistrictId", to = "super::district::Column::Id")]
    District,
    #[sea_orm(has_many = "super::stock::Entity", via_rel = "Relation::Shop")]
    Stocks,
});

entity!(district, "districts", { name: String, published: bool, boundary: Option<String> }, {
    #[sea_orm(has_many = "super::shop::Entity", via_rel = "Relation::District")]
    Shops,
});

entity!(stock, "stocks", { quantity: i32, book_id: Uuid, shop_id: Uuid }, {
    #[sea_orm(belongs_to = "super::book::Entity", from = "Column::BookId", to = "super::book::Column::Id")]
    Book,
    #[sea_orm(belongs_to = "super::shop::Entity", from = "Column::ShopId", to = "super::shop::Column::Id")]
    Shop,
});

entity!(reader, "readers", { name: String }, {
    #[sea_orm(has_many = "super::loan::Entity", via_rel = "Relation::Reader")]
    Loans,
});

entity!(loan, "loans", {
    branch: String, due: Option<Date>, fee: Decimal, book_id: Option<Uuid>, reader_id: Option<Uuid>,
}, {
    #[sea_orm(belongs_to = "super::book::Entity", from = "Column::BookId", to = "super::book::Column::Id")]
    Book,
    #[sea_orm(belongs_to = "super::reader::Entity", from = "Column::ReaderId", to = "super::reader::Column::Id")]
    Reader,
});
